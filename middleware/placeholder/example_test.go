package placeholder_test

import (
	"fmt"
	"net/http/httptest"

	"github.com/shallot-http/shallot/middleware/placeholder"
)

func Example() {
	target := placeholder.Compile("https://{hostonly}/login?next={uri}", placeholder.URL)

	r := httptest.NewRequest("GET", "http://example.com:8080/a?b=c&d=e", nil)
	fmt.Printf("%s\n", target.Append(nil, &placeholder.Values{Request: r}))
	// Output: https://example.com/login?next=%2Fa%3Fb%3Dc%26d%3De
}

// A value is data to one sink and a line break to another.
func ExampleSink() {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("X-Name", "ada\r\nSet-Cookie: a=\"b\"")
	v := placeholder.Values{Request: r}
	for _, sink := range []placeholder.Sink{placeholder.Log, placeholder.Header, placeholder.Query} {
		fmt.Printf("%s\n", placeholder.Compile("{>X-Name}", sink).Append(nil, &v))
	}
	// Output:
	// ada\x0D\x0ASet-Cookie:\x20a=\x22b\x22
	// adaSet-Cookie: a="b"
	// ada%0D%0ASet-Cookie%3A%20a%3D%22b%22
}

// A layer that knows more than the request tells says so by Lookup.
func ExampleValues_lookup() {
	r := httptest.NewRequest("GET", "/shop/42", nil)
	groups := map[string]string{"1": "shop", "2": "42"}
	t := placeholder.Compile("/{2}.php?section={1}", placeholder.URL)
	fmt.Printf("%s\n", t.Append(nil, &placeholder.Values{
		Request: r,
		Lookup: func(name string) (string, bool) {
			value, ok := groups[name]
			return value, ok
		},
	}))
	// Output: /42.php?section=shop
}
