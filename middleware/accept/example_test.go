package accept_test

import (
	"fmt"
	"net/http"

	"github.com/shallot-http/shallot/middleware/accept"
)

// What a layer that compresses does: the client likes all three equally well,
// so the order of the offers decides.
func ExampleEncodings_Choose() {
	browser := http.Header{"Accept-Encoding": {"gzip, deflate, br, zstd"}}
	coding, ok := accept.EncodingsOf(browser).Choose("zstd", "br", "gzip")
	fmt.Println(coding, ok)

	picky := http.Header{"Accept-Encoding": {"gzip;q=0.5, br;q=0.8, identity;q=0"}}
	coding, ok = accept.EncodingsOf(picky).Choose("zstd", "br", "gzip")
	fmt.Println(coding, ok)

	impossible := http.Header{"Accept-Encoding": {"compress, *;q=0"}}
	coding, ok = accept.EncodingsOf(impossible).Choose("zstd", "br", "gzip")
	fmt.Println(coding, ok) // answer 406, or send it as it is all the same
	// Output:
	// zstd true
	// br true
	// identity false
}

// What a file server does that has app.js.gz at hand, but no app.js.br.
func ExampleEncodings_Order() {
	exists := map[string]bool{"gzip": true}
	client := accept.Encodings{"br, gzip;q=0.9"}

	var buf [4]string // on the stack
	for _, coding := range client.Order(buf[:0], "br", "zstd", "gzip") {
		fmt.Println(coding, exists[coding])
		if exists[coding] {
			break
		}
	}
	// Output:
	// br false
	// gzip true
}

func ExampleTypes_Choose() {
	curl := http.Header{"Accept": {"application/json, text/*;q=0.5"}}
	mediaType, ok := accept.TypesOf(curl).Choose("text/html", "application/json")
	fmt.Println(mediaType, ok)
	// Output: application/json true
}

func ExampleVary() {
	h := http.Header{"Vary": {"Origin"}}
	accept.Vary(h, "Accept-Encoding")
	accept.Vary(h, "accept-encoding")
	fmt.Println(h["Vary"])
	// Output: [Origin, Accept-Encoding]
}
