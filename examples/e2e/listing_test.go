package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// TestListingOnPhone checks that names have the width of a narrow page, all of a
// row can be tapped, and nothing that can be is too small.
func TestListingOnPhone(t *testing.T) {
	l := openListing(t)
	require.NoError(t, chromedp.Do(l.ctx, chromedp.EmulateViewport(320, 640)))
	for _, layout := range []string{"list", "compact"} {
		l.goTo("/plain/?layout=" + layout)
		require.Empty(t, eval[[]string](t, l.tab, `
			const bad = [], list = document.querySelector("#list").getBoundingClientRect();
			for (const tr of document.querySelectorAll("#list tbody tr:not(.up)")) {
				const a = tr.querySelector("a"), time = tr.querySelector("time").getBoundingClientRect();
				if (a.parentElement.getBoundingClientRect().width < list.width * .75) bad.push("narrow: " + a.textContent);
				if (time.top < a.getBoundingClientRect().bottom - 1) bad.push("beside its name: " + a.textContent);
				if (time.right > list.right) bad.push("cut off: " + a.textContent);
				tr.scrollIntoView({block: "center"});
				const at = tr.querySelector("time").getBoundingClientRect();
				if (document.elementFromPoint(at.left + 5, at.top + 5).closest("a") !== a) bad.push("leads nowhere: " + a.textContent);
			}
			return bad;`))
	}
	require.Equal(t, "3 B · ", eval[string](t, l.tab, `
		const tr = document.querySelector("a[href^='./a%20name']").closest("tr");
		return tr.querySelector("td").textContent + getComputedStyle(tr.querySelector("time"), "::before").content.slice(1, -1);`))
	for _, width := range []int64{320, 641, 1280} {
		require.NoError(t, chromedp.Do(l.ctx, chromedp.EmulateViewport(width, 640)))
		for _, path := range []string{"/plain/?layout=list", "/many/?layout=grid&offset=20", "/?q=est"} {
			l.goTo(path)
			require.Empty(t, eval[[]string](t, l.tab, `
				return [...document.querySelectorAll("header li a, .bar a, .sorts a, .pages a, thead a, tbody tr")].filter(e => e.getBoundingClientRect().height < 24 || e.getBoundingClientRect().width < 24).map(e => e.outerHTML);`), "%s %d", path, width)
			require.Equal(t, int64(1), eval[int64](t, l.tab, `return new Set([...document.querySelectorAll(".tools > *")].map(e => e.offsetTop)).size`), "%s %d", path, width)
		}
	}
}

// TestListingFilter checks what the filter looks at, and what it says.
func TestListingFilter(t *testing.T) {
	l := openListing(t)
	l.goTo("/plain/?layout=list")
	filter := func(text, want string) []string {
		t.Helper()
		_ = eval[bool](t, l.tab, `
			const field = document.querySelector("input[type=search]");
			field.value = "`+text+`";
			field.dispatchEvent(new Event("input"));
			return true;`)
		require.Equal(t, want, eval[string](t, l.tab, `return document.querySelector("[role=status]").textContent`))
		return l.names()
	}
	require.Empty(t, filter("link", "0 of 11 on this page; Enter searches all below"), "which the badge says")
	require.False(t, eval[bool](t, l.tab, `return document.querySelector(".readme tbody tr").hidden`), "what a README has rows of")
	require.Equal(t, []string{"latest"}, filter("LATEST", "1 of 11 on this page; Enter searches all below"))
	require.Len(t, filter("", ""), 11)
	l.goTo("/plain/?layout=grid")
	require.Empty(t, filter("kib", "0 of 11 on this page; Enter searches all below"), "which sizes say")
}

// TestListingHidesNothing checks that what has the focus is not below the head of
// the table, which stays where it is, and that the list can be skipped to.
func TestListingHidesNothing(t *testing.T) {
	l := openListing(t)
	for _, width := range []int64{320, 1280} {
		require.NoError(t, chromedp.Do(l.ctx, chromedp.EmulateViewport(width, 300)))
		l.goTo("/many/?layout=list")
		require.Empty(t, eval[[]string](t, l.tab, `
			const bad = [], links = [...document.querySelectorAll("#list tbody a")];
			scrollTo(0, document.body.scrollHeight);
			for (const a of links.reverse()) {
				a.focus();
				const head = document.querySelector("#list thead th").getBoundingClientRect(), row = a.closest("tr").getBoundingClientRect();
				if (row.top < head.bottom - 1 || row.bottom > innerHeight + 1) bad.push([a.textContent, row.top, head.bottom].join());
			}
			return bad;`), "%d", width)
		for _, layout := range []string{"list", "grid"} {
			l.goTo("/many/?layout=" + layout)
			l.click(".skip")
			require.Equal(t, "list", eval[string](t, l.tab, `return document.activeElement.id`))
			require.NoError(t, chromedp.Do(l.ctx, chromedp.KeyEvent(kb.Tab)))
			require.True(t, eval[bool](t, l.tab, `return document.querySelector("#list").contains(document.activeElement)`))
		}
	}
	// A key that means the field is a character in any other, and in this one.
	slash := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "/", Text: "/"}
	_ = eval[bool](t, l.tab, `document.querySelector("main").insertAdjacentHTML("beforeend", "<textarea></textarea>"); document.querySelector("textarea").focus(); return true`)
	_, err := chromedp.Call(l.ctx, input.DispatchKeyEvent, slash)
	require.NoError(t, err)
	require.Equal(t, "/", eval[string](t, l.tab, `return document.querySelector("textarea").value`))
	require.Equal(t, "TEXTAREA", eval[string](t, l.tab, `return document.activeElement.tagName`))
}

// TestHostileNamesInBrowser follows the link to each file, whose text is its name.
func TestHostileNamesInBrowser(t *testing.T) {
	l := openListing(t)
	for _, query := range []string{"?limit=100", "?limit=100&layout=grid", "?limit=100&q=e"} {
		l.goTo("/hostile/" + query)
		links := eval[string](t, l.tab, `
			const links = [...document.querySelectorAll("#list tbody tr:not(.up) a, .tiles li:not(.up) a")].map(a => a.href);
			return JSON.stringify(links.filter(link => new URL(link).origin === location.origin));`)
		l.goTo("/plain/main.go") // where no policy forbids to fetch anything
		got := eval[[]string](t, l.tab, `
			return Promise.all(`+links+`.map(async link => {
				const response = await fetch(link);
				if (!response.ok) return "failed: " + link;
				return [...new Uint8Array(await response.arrayBuffer())].map(b => b.toString(16).padStart(2, "0")).join("");
			}))`)
		if strings.Contains(query, "q=") {
			continue
		}
		var want []string
		for _, name := range hostile {
			want = append(want, fmt.Sprintf("%x", name))
		}
		slices.Sort(got)
		slices.Sort(want)
		require.Equal(t, want, got)
	}
}

// TestListingWithoutScript checks that everything but the filter needs none.
func TestListingWithoutScript(t *testing.T) {
	l := openListing(t)
	_, err := chromedp.Call(l.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	require.NoError(t, err)
	l.goTo("/many/")
	l.click("thead th:nth-child(2) a")
	l.until(`location.search.includes("sort=size")`)
	require.NoError(t, chromedp.Do(l.ctx, chromedp.SendKeys(chromedp.CSS("input[type=search]"), "file 44"+kb.Enter)))
	l.until(`new URLSearchParams(location.search).get("q") === "file 44"`)
	text, err := chromedp.Run(l.ctx, chromedp.TextContent(chromedp.CSS("tbody")))
	require.NoError(t, err)
	require.Contains(t, text, "file 44.txt")
	require.NotContains(t, text, "file 43.txt")
}
