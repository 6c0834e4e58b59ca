package accept_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/accept"
)

func TestTypes(t *testing.T) {
	const html, json, text = "text/html", "application/json", "text/plain"
	for _, tt := range []struct {
		name   string
		field  string
		choice string // of html, json, text; with "!" if none is accepted
	}{
		{"no field", "-", html},
		{"an empty field", "", html},
		{"anything", "*/*", html},
		{"curl for JSON", "application/json", json},
		{"in capitals", "Application/JSON", json},
		{"Firefox", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", html},
		{"Java", "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", html},
		{"jQuery", "application/json, text/javascript, */*; q=0.01", json},
		{"weights", "text/html;q=0.1, application/json;q=0.3, text/plain;q=0.2", json},
		{"weights that tie", "text/plain, application/json", json},
		{"refused", "application/json;q=0, text/html", html},
		{"a low weight is not a refusal", "text/html, application/json;q=0.1", html},
		{"the more specific range counts", "*/*, text/html;q=0.1, text/*;q=0.2", json},
		{"a refusal is more specific", "*/*, text/*;q=0, application/json;q=0", html + "!"},
		{"a range of a type", "application/*", json},
		{"a range of a type, in capitals", "APPLICATION/*", json},
		{"a parameter", "application/json;charset=utf-8", json},
		{"a parameter with a comma", `text/plain;x="a,text/html", application/json;q=0.9`, text},
		{"a parameter says less than none", "text/html;level=1, text/html;q=0.1, text/plain;q=0.5", text},
		{"what follows the weight is ignored", "text/html;q=0.1;ext=1, text/plain;q=0.2", text},
		{"nothing we have", "image/png", html + "!"},
		{"everything refused", "*/*;q=0", html + "!"},
		{"half a range", "text/", html + "!"},
		{"a prefix is no range", "tex*/html, text/ht*, text*, application/json;q=0.1", json},
		{"garbage", "html, ;;, =", html},
		{"a bad weight", "text/html;q=x, text/plain;q=0.1", text},
		{"lines are joined", "image/png\ntext/plain;q=0.1\napplication/json;q=0.2", json},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := accept.Types(joined(tt.field)).Choose(html, json, text)
			if !ok {
				got += "!"
			}
			require.Equal(t, tt.choice, got)
		})
	}
}

func TestTypesQuality(t *testing.T) {
	types := accept.Types{"text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, */*;q=0.5"} // RFC 9110, section 12.5.1
	require.Equal(t, accept.Quality(700), types.Quality("text/plain"))
	require.Equal(t, accept.Quality(300), types.Quality("text/html"))
	require.Equal(t, accept.Quality(500), types.Quality("image/jpeg"))
	require.Equal(t, accept.Quality(1000), accept.Types(nil).Quality("image/jpeg"))
}

func TestNoTypesOffered(t *testing.T) {
	mediaType, ok := accept.Types(nil).Choose()
	require.Empty(t, mediaType)
	require.False(t, ok)
}
