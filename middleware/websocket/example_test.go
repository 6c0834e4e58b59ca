package websocket_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	ws "github.com/coder/websocket"

	"github.com/shallot-http/shallot/middleware"
	"github.com/shallot-http/shallot/middleware/websocket"
)

// A server that echoes what it is told, by cat.
func Example() {
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "open a WebSocket here")
	})
	server := httptest.NewServer(middleware.Wrap(page, websocket.New(websocket.Config{
		Path:    "/echo",
		Command: []string{"cat"},
	})))
	defer server.Close()

	ctx := context.Background()
	conn, _, err := ws.Dial(ctx, server.URL+"/echo", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.CloseNow()
	conn.Write(ctx, ws.MessageText, []byte("hello"))
	_, message, err := conn.Read(ctx)
	fmt.Printf("%s %v\n", message, err)
	conn.Close(ws.StatusNormalClosure, "")
	// Output: hello <nil>
}

// In front of one Handler that returns its failures.
func ExampleNewHandler() {
	h := websocket.NewHandler(middleware.Status(http.StatusNotFound), websocket.Config{Command: []string{"date"}})
	http.Handle("/time", middleware.AppHandler(h.ServeHTTP))
}
