package standard_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/caddyfile"
	"github.com/shallot-http/shallot/caddyfile/standard"
)

func TestMigrate(t *testing.T) {
	const src = "example.com {\n" +
		"	root /srv\n" +
		"	proxy /api one:80 two:80 {\n		policy least_conn\n		header_upstream X-Was {>Host}\n	}\n" +
		"	proxy / three\n" +
		"	proxy /x* four\n	fastcgi /run/php.sock\n" +
		"	gzip\n	startup \"make all\"\n}"
	f, err := caddyfile.Parse("Caddyfile", []byte(src), caddyfile.ParseConfig{})
	require.NoError(t, err)
	var got []string
	for _, m := range standard.Migrate(f) {
		got = append(got, fmt.Sprintf("%d: %s -> %s", m.Pos.Line, m.From, m.To))
	}
	require.Equal(t, []string{
		"2: root /srv -> root * /srv",
		"3: proxy /api one:80 two:80 -> reverse_proxy /api* one:80 two:80",
		"4: policy least_conn -> lb_policy least_conn",
		"5: header_upstream X-Was {>Host} -> header_up X-Was {>Host}",
		"7: proxy / three -> reverse_proxy three",
		"8: proxy /x* four -> reverse_proxy /x* four",
		"9: fastcgi /run/php.sock -> php_fastcgi /run/php.sock",
		"10: gzip -> encode zstd gzip",
		"11: startup `make all` -> ",
	}, got)
	require.Equal(t, "{>Name} is {header.Name} there", standard.Migrate(f)[3].Note)
	require.Equal(t, "the events app, with the plugin events.handlers.exec", standard.Migrate(f)[8].Note)
}

// TestMigrateKnowsAll sees that there is something to say of every directive, and of
// every property of proxy and fastcgi.
func TestMigrateKnowsAll(t *testing.T) {
	knows := func(src string) {
		f, err := caddyfile.Parse("Caddyfile", []byte(src), caddyfile.ParseConfig{})
		require.NoError(t, err)
		moves := standard.Migrate(f)
		m := moves[len(moves)-1]
		require.False(t, strings.HasSuffix(m.Note, "is not known here"), m.From)
	}
	for _, name := range standard.Vocabulary().Names() {
		knows("a.com {\n" + name + "\n}")
	}
	for _, d := range []string{"proxy", "fastcgi"} {
		for _, name := range propertiesOf(t, d) {
			knows("a.com {\n" + d + " / b {\n" + name + "\n}\n}")
		}
	}
}
