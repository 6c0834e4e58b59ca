package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestRoutes(t *testing.T) {
	h, err := routes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	defer srv.Close()
	for _, tt := range []struct {
		path   string
		status int
		body   string
	}{
		{"/hello/chi", 200, "Hello, chi!\n"},
		{"/file/missing", 404, "404 Not Found\n"},
		{"/site/", 200, "Greetings from the Caddyfile.\n"},
		{"/nowhere", 404, "404 page not found\n"},
	} {
		r, _ := http.NewRequestWithContext(t.Context(), "GET", srv.URL+tt.path, nil)
		r.Header.Set("Origin", "https://app.example")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != tt.status || string(body) != tt.body {
			t.Errorf("GET %s: got %d, %q, %v; want %d, %q", tt.path, resp.StatusCode, body, err, tt.status, tt.body)
		}
		if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "https://app.example" {
			t.Errorf("GET %s: the stranger's header is %q", tt.path, got)
		}
		if resp.Header.Get("X-Request-Id") == "" {
			t.Errorf("GET %s: no request identifier", tt.path)
		}
	}
}
