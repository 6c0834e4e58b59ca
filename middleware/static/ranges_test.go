package static_test

import (
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/middleware/static"
)

// TestRange asks for parts of 26 letters.
func TestRange(t *testing.T) {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	s := serve(t, static.Config{Root: pinned(t, folder(t, map[string]string{"file.txt": letters, "empty.txt": ""}))})
	resp := s.get("/file.txt")
	require.Equal(t, "bytes", resp.Header.Get("Accept-Ranges"))
	etag := resp.Header.Get("Etag")

	const all, none = "200", "416"
	many := strings.TrimSuffix(strings.Repeat("0-0,", 17), ",")
	for _, tt := range []struct {
		name, field string
		want        string // all, none, or the Content-Range of each part
	}{
		{"the first bytes", "bytes=0-4", "0-4"},
		{"the first byte", "bytes=0-0", "0-0"},
		{"some in the middle", "bytes=10-12", "10-12"},
		{"from a byte on", "bytes=20-", "20-25"},
		{"from the first byte on", "bytes=0-", "0-25"},
		{"the last byte", "bytes=25-25", "25-25"},
		{"the last bytes", "bytes=-3", "23-25"},
		{"more last bytes than there are", "bytes=-100", "0-25"},
		{"beyond the end", "bytes=20-100", "20-25"},
		{"far beyond the end", "bytes=20-99999999999999999999999999", "20-25"},
		{"far more last bytes than there are", "bytes=-99999999999999999999999999", "0-25"},
		{"in capitals", "BYTES=0-1", "0-1"},
		{"blanks", "bytes = 0 - 1 ", "0-1"},
		{"leading zeros", "bytes=000-0001", "0-1"},
		{"empty elements", "bytes=,0-1, ,", "0-1"},

		{"outside", "bytes=26-", none},
		{"outside, with an end", "bytes=26-30", none},
		{"far outside", "bytes=99999999999999999999999999-", none},
		{"no last bytes", "bytes=-0", none},
		{"backwards", "bytes=5-4", none},
		{"nothing", "bytes=", none},
		{"only commas", "bytes=,,", none},
		{"a dash", "bytes=-", none},
		{"a number", "bytes=5", none},
		{"letters", "bytes=a-b", none},
		{"letters at the end", "bytes=0-b", none},
		{"two dashes", "bytes=0--1", none},
		{"a sign", "bytes=+0-1", none},
		{"hexadecimal", "bytes=0x0-0x1", none},
		{"one good, one that makes no sense", "bytes=0-1,x", none},
		{"two outside", "bytes=26-27,30-", none},

		{"another unit", "lines=0-1", all},
		{"no unit", "0-1", all},
		{"no unit but the equals sign", "=0-1", all},

		{"two", "bytes=0-1,10-12", "0-1 10-12"},
		{"two, backwards", "bytes=10-12,0-1", "10-12 0-1"},
		{"two, one outside", "bytes=26-30,0-1", "0-1"},
		{"first and last", "bytes=0-0,-1", "0-0 25-25"},
		{"adjacent", "bytes=0-1,2-3", "0-1 2-3"},
		{"overlapping", "bytes=0-5,3-9", "0-9"},
		{"one in the other", "bytes=0-9,3-5", "0-9"},
		{"overlapping, backwards", "bytes=3-9,0-5", "0-9"},
		{"the same twice", "bytes=3-5,3-5", "3-5"},
		{"some overlapping", "bytes=20-22,0-2,1-4", "0-4 20-22"},
		{"as much as there is", "bytes=0-12,13-25", "0-12 13-25"},
		{"more than there is", "bytes=0-12,12-25", all},
		{"all, twice", "bytes=0-,0-", all},
		{"sixteen", "bytes=" + strings.TrimPrefix(many, "0-0,"), "0-0"},
		{"seventeen", "bytes=" + many, all},
		{"a great many", "bytes=" + strings.Repeat("0-,", 1000), all},
		{"seventeen, some outside", "bytes=" + strings.ReplaceAll(many, "0-0", "30-") + ",0-0", all},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp := s.get("/file.txt", "Range: "+tt.field)
			require.Equal(t, fmt.Sprint(len(resp.body)), resp.Header.Get("Content-Length"))
			switch tt.want {
			case all:
				require.Equal(t, 200, resp.StatusCode)
				require.Equal(t, letters, resp.body)
				require.Empty(t, resp.Header.Get("Content-Range"))
				return
			case none:
				require.Equal(t, 416, resp.StatusCode)
				require.Equal(t, "bytes */26", resp.Header.Get("Content-Range"))
				require.Equal(t, "416 Requested Range Not Satisfiable\n", resp.body)
				require.Equal(t, "text/plain; charset=utf-8", resp.Header.Get("Content-Type"))
				require.Empty(t, resp.Header.Get("Etag"))
				return
			}
			require.Equal(t, 206, resp.StatusCode)
			require.Equal(t, etag, resp.Header.Get("Etag"))
			require.Equal(t, lastModified, resp.Header.Get("Last-Modified"))
			got, body := []string{resp.Header.Get("Content-Range")}, []string{resp.body}
			if strings.Contains(tt.want, " ") {
				require.Empty(t, got[0])
				got, body = parts(t, resp)
			} else {
				require.Equal(t, "text/plain; charset=utf-8", resp.Header.Get("Content-Type"))
			}
			for i, want := range strings.Fields(tt.want) {
				require.Equal(t, "bytes "+want+"/26", got[i])
				var from, to int
				fmt.Sscanf(want, "%d-%d", &from, &to)
				require.Equal(t, letters[from:to+1], body[i])
			}
			require.Len(t, got, len(strings.Fields(tt.want)))
		})
	}

	t.Run("of nothing", func(t *testing.T) {
		for _, field := range []string{"bytes=0-", "bytes=-1", "bytes=x"} {
			require.Equal(t, 200, s.get("/empty.txt", "Range: "+field).StatusCode)
		}
	})
	t.Run("of a HEAD is ignored", func(t *testing.T) { // RFC 9110, section 14.2
		resp := s.do("HEAD /file.txt", "Range: bytes=0-1")
		require.Equal(t, 200, resp.StatusCode)
		require.Equal(t, "26", resp.Header.Get("Content-Length"))
		require.Equal(t, 200, s.do("HEAD /file.txt", "Range: bytes=26-").StatusCode)
	})

	for _, tt := range []struct {
		name, condition string
		want            int
	}{
		{"the same", etag, 206},
		{"another", `"other"`, 200},
		{"weak", "W/" + etag, 200},
		{"the date", lastModified, 206},
		{"a later date", later, 200},
		{"an earlier date", earlier, 200},
		{"garbage", "x", 200},
		{"the same without quotes", strings.Trim(etag, `"`), 200},
	} {
		t.Run("If-Range, "+tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, s.get("/file.txt", "Range: bytes=0-1", "If-Range: "+tt.condition).StatusCode)
			if tt.want == 200 {
				require.Equal(t, 200, s.get("/file.txt", "Range: bytes=26-", "If-Range: "+tt.condition).StatusCode)
			}
		})
	}
}

// parts returns the Content-Range and the body of each part.
func parts(t *testing.T, resp response) (ranges, bodies []string) {
	t.Helper()
	mediaType, params, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	require.NoError(t, err)
	require.Equal(t, "multipart/byteranges", mediaType)
	mr := multipart.NewReader(strings.NewReader(resp.body), params["boundary"])
	for {
		part, err := mr.NextPart()
		if err == io.EOF {
			return ranges, bodies
		}
		require.NoError(t, err)
		require.Equal(t, "text/plain; charset=utf-8", part.Header.Get("Content-Type"))
		body, err := io.ReadAll(part)
		require.NoError(t, err)
		ranges, bodies = append(ranges, part.Header.Get("Content-Range")), append(bodies, string(body))
	}
}
