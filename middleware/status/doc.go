// Package status answers for parts of a site with a status and nothing else.
//
//	gone := status.New(status.Config{Rules: []status.Rule{{Path: "/old", Status: http.StatusGone}}})
//	http.ListenAndServe(addr, middleware.Wrap(mux, gone))
//
// Of the paths that a request falls under, as [middleware.Path.Protects] has it, the
// longest counts. The status is returned: one from 400 gets the page that layers
// further out have for it, one below is sent with a header and no body. Neither the
// method nor what there is at the path makes a difference.
//
// In a Caddyfile, as often as there are statuses:
//
//	status code path
//	status code {
//		path
//	}
package status
