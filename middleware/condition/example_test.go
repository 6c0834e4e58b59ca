package condition_test

import (
	"fmt"
	"net/http/httptest"

	"github.com/shallot-http/shallot/middleware/condition"
	"github.com/shallot-http/shallot/middleware/placeholder"
)

func Example() {
	mobile, _ := condition.Parse("{>User-Agent}", "has", "Mobile")
	page, _ := condition.Parse("{path}", "match", `\.html?$`)
	both := condition.Set{Conditions: []condition.Condition{mobile, page}}

	r := httptest.NewRequest("GET", "/index.html", nil)
	fmt.Println(both.Holds(&placeholder.Values{Request: r}))
	r.Header.Set("User-Agent", "Mozilla/5.0 (Android 14; Mobile)")
	fmt.Println(both.Holds(&placeholder.Values{Request: r}))
	// Output:
	// false
	// true
}
