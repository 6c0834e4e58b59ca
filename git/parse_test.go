package git_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shallot-http/shallot/git"
)

// injections are texts that have had programs run in other tools, or might.
var injections = []string{
	"--upload-pack=touch /tmp/x", "-oProxyCommand=touch /tmp/x", "--", "-", "-u", "--output=x",
	"main;touch x", "main&&touch x", "main|touch x", "$(touch x)", "`touch x`", "main\ntouch x", "main\x00x", "main\rx", "main x",
	"ext::sh -c touch% /tmp/x", "ext::sh", "fd::0", "http::x", "transport::address",
	"ssh://-oProxyCommand=touch/x", "ssh://user@-oProxyCommand=x/y", "ssh://-o@host/y", "-oProxyCommand=x@host:y", "user@-oProxyCommand=x:y", "user@host:-oProxy",
	"https://-host/x", "https://host:port/x", "https://host/x?--upload-pack=y", "https://user:secret@host/x", "https://token@host/x",
	"ftp://host/x", "git://host/x", "javascript:alert(1)", "file://host/x", "https:///x", "https://host", "https://ho st/x", "https://host/\nx",
	"a..b", "a/../b", "/a", "a/", "a//b", ".a", "a/.b", "a.lock", "a.lock/b", "a@{1}", "@", "a~1", "a^", "a:b", "a?", "a*", "a[b", "a\\b", "a.",
	"refs/heads/", "refs/remotes/x", "refs/heads/-", "+main", "main:main",
}

func TestURLs(t *testing.T) {
	for _, tt := range []struct{ text, want, err string }{
		{"https://github.com/user/site", "https://github.com/user/site", ""},
		{"HTTPS://github.com/user/site.git", "https://github.com/user/site.git", ""},
		{"http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x", ""},
		{"https://[::1]:8443/x", "https://[::1]:8443/x", ""},
		{"ssh://git@host:2222/~/x", "ssh://git@host:2222/~/x", ""},
		{"ssh://host/x", "ssh://host/x", ""},
		{"git@github.com:user/site.git", "git@github.com:user/site.git", ""},
		{"git@host:/srv/site", "git@host:/srv/site", ""},
		{"file:///srv/site.git", "file:///srv/site.git", ""},
		{"", "", "the address of the repository is missing"},
		{"github.com/user/site", "", `"github.com/user/site" is not the address of a repository: it has neither a scheme, such as https://, nor the form user@host:path`},
		{"https://user:secret@host/x", "", `"https://…@host/x" is not the address of a repository: it has credentials, which would be seen by whoever sees it; use a token`},
		{"https//user:secret@host/x", "", `"…@host/x" is not the address of a repository: it has neither a scheme, such as https://, nor the form user@host:path`},
		{"https://user:sec/ret@host/x", "", `"https://…@host/x" is not the address of a repository: it cannot be parsed`},
		{"user:secret@host/x", "", `"…@host/x" is not the address of a repository: it has neither a scheme, such as https://, nor the form user@host:path`},
		{"https://https//user:secret@host/x", "", `"https://…@host/x" is not the address of a repository: its path looks like credentials`},
		{"https://host/@user/site", "https://host/@user/site", ""},
		{"https://user:secret@/x", "", `"https://…@/x" is not the address of a repository: it has no host, or a strange one`},
		{"ext::sh -c x", "", `"ext::sh -c x" is not the address of a repository: it has a blank`},
		{"ext::sh", "", `"ext::sh" is not the address of a repository: there is no such protocol here`},
		{"git://host/x", "", `"git://host/x" is not the address of a repository: the scheme is not https, http, ssh or file`},
		{"ssh://-oProxyCommand=x/y", "", `"ssh://-oProxyCommand=x/y" is not the address of a repository: it has no host, or a strange one`},
		{"-x", "", `"-x" is not the address of a repository: it begins with a dash`},
		{"https://host/a b", "", `"https://host/a b" is not the address of a repository: it has a blank`},
		{"https://host/a\nb", "", `"https://host/a\nb" is not the address of a repository: it has a control character`},
	} {
		t.Run(tt.text, func(t *testing.T) {
			got, err := git.CheckURL(tt.text)
			if tt.err != "" {
				require.EqualError(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
	for _, text := range injections {
		if !strings.HasPrefix(text, "/") { // which is a path
			_, err := git.CheckURL(text)
			require.Error(t, err, text)
		}
	}
}

func TestRefNames(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"", []string{"HEAD"}},
		{"HEAD", []string{"HEAD"}},
		{"{latest}", []string{"refs/tags/*"}},
		{"main", []string{"refs/heads/main", "refs/tags/main", "refs/tags/main^{}"}},
		{"a/b-c_d.e+f@g#h%i", []string{"refs/heads/a/b-c_d.e+f@g#h%i", "refs/tags/a/b-c_d.e+f@g#h%i", "refs/tags/a/b-c_d.e+f@g#h%i^{}"}},
		{"refs/tags/v1", []string{"refs/tags/v1", "refs/tags/v1^{}"}},
		{"größe", []string{"refs/heads/größe", "refs/tags/größe", "refs/tags/größe^{}"}},
	} {
		got, err := git.CheckRef(tt.text)
		require.NoError(t, err)
		require.Equal(t, tt.want, got)
	}
	for text, want := range map[string]string{
		"--upload-pack=touch x": `"--upload-pack=touch x" is not the name of a branch or a tag: it has a ' '`,
		"--upload-pack=x":       `"--upload-pack=x" is not the name of a branch or a tag: it begins with a dash`,
		"a..b":                  `"a..b" is not the name of a branch or a tag: it has two dots`,
		"a\n":                   `"a\n" is not the name of a branch or a tag: it has a '\n'`,
		"refs/notes/x":          `"refs/notes/x" is neither a branch, which begins with refs/heads/, nor a tag, which begins with refs/tags/`,
	} {
		_, err := git.CheckRef(text)
		require.EqualError(t, err, want)
	}
}

// TestRefsAsGit compares what is a name with what git takes for one.
func TestRefsAsGit(t *testing.T) {
	o := newOrigin(t, t.TempDir())
	for _, text := range slices.Concat(injections, []string{"main", "a/b", "a-b", "v1.0", "größe", "a@b", "a{b}", "#x"}) {
		_, err := git.CheckRef(text)
		if strings.HasPrefix(text, "refs/") || strings.Contains(text, "\x00") {
			require.Error(t, err, text)
			continue
		}
		isName := checkRefFormat(t, o, "refs/heads/"+text) && !strings.HasPrefix(text, "-")
		// git takes more: it trusts whoever names a branch not to use a shell.
		if err == nil {
			require.True(t, isName, "%q is none to git", text)
		}
		if !isName {
			require.Error(t, err, text)
		}
	}
}

func checkRefFormat(t *testing.T, o *origin, name string) bool {
	return commandIn(t, o.work, "git", "check-ref-format", name) == nil
}

func TestHighest(t *testing.T) {
	for _, tt := range []struct {
		want string
		tags []string
	}{
		{"", []string{"nightly", "v1.2.x", "release-1", "v1.2.3.4", "v", "1..2"}},
		{"v1.10.0", []string{"v1.9.9", "v1.10.0", "v1.2.0"}},
		{"2.0", []string{"v1.9.9", "2.0", "v1"}},
		{"v1.0.0", []string{"v1.0.0", "v2.0.0-rc.1", "v2.0.0-beta"}},
		{"v2.0.0-rc.11", []string{"v2.0.0-rc.2", "v2.0.0-rc.11", "v2.0.0-beta.99", "v2.0.0-rc"}},
		{"v1.0.0-b", []string{"v1.0.0-1", "v1.0.0-a", "v1.0.0-b", "v1.0.0-9"}},
		{"v20.0.0", []string{"v3.0.0", "v0100.0.0-x", "v20.0.0"}},
		{"v99999999999999999999.0.0", []string{"v99999999999999999998.0.0", "v99999999999999999999.0.0"}},
		{"v1.0.0+build", []string{"v0.9.9", "v1.0.0+build"}},
		{"", []string{"v1.0.0-", "v1.0.0-a..b", "-v1", "v1.0.0^{}"}},
	} {
		var names []string
		for _, tag := range tt.tags {
			names = append(names, "refs/tags/"+tag)
		}
		slices.Reverse(names)
		got := git.Highest(append(names, "refs/heads/v9.0.0")...)
		require.Equal(t, tt.want, strings.TrimPrefix(got, "refs/tags/"))
	}
}

// FuzzRef checks that what is taken for a name cannot be taken for anything else.
func FuzzRef(f *testing.F) {
	for _, text := range append(injections, "main", "refs/tags/v1", "{latest}") {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		patterns, err := git.CheckRef(text)
		if err != nil {
			return
		}
		for _, p := range patterns {
			bare := strings.TrimSuffix(p, "^{}")
			if strings.HasPrefix(p, "-") || strings.ContainsAny(bare, " \n\r\x00\\:^~?[") || strings.Contains(p, "..") ||
				strings.Contains(p, "*") && p != "refs/tags/*" {
				t.Errorf("%q is asked for as %q", text, p)
			}
		}
	})
}

// FuzzURL checks that git is given nothing that it could take for an option, or for
// a way to run programs, and that what it is given means the same again.
func FuzzURL(f *testing.F) {
	for _, text := range append(injections, "https://host/x", "git@host:x", "ssh://git@host:22/x", "/srv/x", "file:///x") {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := git.CheckURL(text)
		if err != nil {
			return
		}
		scheme, rest, ok := strings.Cut(got, "://")
		bad := strings.HasPrefix(got, "-") || strings.ContainsAny(got, "\n\r\x00")
		if ok && !strings.HasPrefix(got, "/") {
			host, _, _ := strings.Cut(rest, "/")
			bad = bad || !slices.Contains([]string{"https", "http", "ssh", "file"}, scheme) || strings.HasPrefix(host, "-") || strings.Contains(host, "@-")
		}
		if bad {
			t.Errorf("%q is given as %q", text, got)
		}
		if again, err := git.CheckURL(got); err != nil || again != got {
			t.Errorf("%q is %q, which is %q (%v)", text, got, again, err)
		}
	})
}

// FuzzAdvert has a remote say what it likes. What is made of it can be fetched.
func FuzzAdvert(f *testing.F) {
	hash := strings.Repeat("ab", 20)
	f.Add("ref: refs/heads/main\tHEAD\n"+hash+"\tHEAD\n", "")
	f.Add("ref: refs/s\tHEAD\n"+hash+"\tHEAD\n", "")
	f.Add(hash+"\trefs/tags/v1\n"+hash+"\trefs/tags/v1^{}\n", "v1")
	f.Add(hash+"\trefs/tags/v1.0.0;x\n"+hash+"\trefs/tags/-\n", "{latest}")
	f.Fuzz(func(t *testing.T, out, text string) {
		found, name, err := git.Find(out, text)
		if err != nil {
			return
		}
		if _, err := git.CheckRef(found); err != nil || len(found) < 40 {
			t.Errorf("%q is no hash", found)
		}
		if _, err := git.CheckRef(name); err != nil {
			t.Errorf("%q is fetched: %v", name, err)
		}
	})
}
