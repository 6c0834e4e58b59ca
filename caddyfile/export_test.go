package caddyfile

import "net/http"

// Find looks up the address of the site that r is for, as written; "" if there
// is none.
func (s *Server) Find(r *http.Request) string {
	if p := s.now.Load().all.find(r); p != nil {
		return p.address.Text
	}
	return ""
}

// PortHandler returns what serves the port of that number.
func (s *Server) PortHandler(number string) http.Handler {
	for _, p := range s.now.Load().ports {
		if p.number == number {
			k := newSocket(nil, endpoint{})
			k.port.Store(p)
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serveAt(k, w, r) })
		}
	}
	return nil
}

// PortServer returns the server for the port of that number.
func (s *Server) PortServer(number string) *http.Server {
	for _, p := range s.now.Load().ports {
		if p.number == number {
			return p.httpServer(nil)
		}
	}
	return nil
}

// PortListens returns the hosts listened on for the port of that number.
func (s *Server) PortListens(number string) []string {
	for _, p := range s.now.Load().ports {
		if p.number == number {
			return p.listen
		}
	}
	return nil
}
