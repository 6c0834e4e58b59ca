package e2e_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// TestListingIsReadable looks at pages in both schemes and at three widths, and
// keeps pictures of them with go test -artifacts.
func TestListingIsReadable(t *testing.T) {
	l := openListing(t)
	for _, path := range []string{"/plain/?layout=list", "/photos/?layout=grid", "/hostile/?layout=grid", "/empty/?layout=list", "/many/?layout=list&offset=9999", "/many/?layout=compact&offset=20", "/hostile/?layout=list", "/?q=est&layout=list", "/many/?q=none&layout=list"} {
		for _, scheme := range []string{"light", "dark"} {
			_, err := chromedp.Call(l.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
			})
			require.NoError(t, err)
			for _, width := range []int64{320, 768, 1280} {
				require.NoError(t, chromedp.Do(l.ctx, chromedp.EmulateViewport(width, 800)))
				l.goTo(path)
				what := fmt.Sprintf("%s %s %d", path, scheme, width)
				require.LessOrEqual(t, eval[int64](t, l.tab, `return document.documentElement.scrollWidth`), width, what)
				require.Empty(t, eval[[]string](t, l.tab, faint), what)
				require.Empty(t, eval[[]string](t, l.tab, illStructured), what)
				picture, err := chromedp.Run(l.ctx, chromedp.FullScreenshot(100))
				require.NoError(t, err)
				name := fmt.Sprintf("%s %s %d.png", url.PathEscape(path), scheme, width)
				require.NoError(t, os.WriteFile(filepath.Join(t.ArtifactDir(), name), picture, 0o600))
			}
		}
	}
}

// faint is a script that returns what has less contrast than 4.5, by WCAG 2.2.
const faint = `
	const parse = c => c.match(/[\d.]+/g).map(Number);
	const light = c => {
		const [r, g, b] = c.map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const bad = [];
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; (n = texts.nextNode()); ) {
		const e = n.parentElement;
		if (!n.data.trim() || ["SCRIPT", "STYLE"].includes(e.tagName) || !e.checkVisibility()) continue;
		let behind = e, background;
		do background = parse(getComputedStyle(behind).backgroundColor); while (background[3] === 0 && (behind = behind.parentElement));
		if (!behind) background = [255, 255, 255];
		const a = light(parse(getComputedStyle(e).color).slice(0, 3)), b = light(background.slice(0, 3));
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) bad.push(ratio.toFixed(2) + ": " + n.data);
	}
	const fill = e => light(parse(getComputedStyle(e).backgroundColor).slice(0, 3));
	const [chosen, other] = [".seg [aria-current]", ".seg"].map(selector => fill(document.querySelector(selector)));
	if ((Math.max(chosen, other) + 0.05) / (Math.min(chosen, other) + 0.05) < 3) bad.push("the chosen layout");
	const field = getComputedStyle(document.querySelector("input[type=search]"), "::placeholder");
	if (field.opacity !== "1") bad.push("the placeholder");
	return bad;`

// illStructured is a script that returns what is wrong with the structure of a page.
const illStructured = `
	const bad = [], one = selector => { if (document.querySelectorAll(selector).length !== 1) bad.push(selector); };
	["body > header h1#folder", "main", "body > header", "#list[tabindex]", "form[role=search]", "input[type=search][aria-label]", "html[lang]", "title", "[role=status]"].forEach(one);
	if (location.pathname + location.search !== "/") one("[aria-current=page]");
	if (document.querySelector(".ls")) {
		if (document.querySelectorAll(".ls thead th[scope=col]").length !== 3) bad.push("heads of columns");
		if (document.querySelector(".ls tbody tr:not(:has(> th[scope=row]))")) bad.push("heads of rows");
	}
	for (const nav of document.querySelectorAll("nav")) if (!nav.ariaLabel) bad.push(nav.outerHTML);
	for (const a of document.querySelectorAll("a")) if (!a.textContent.trim()) bad.push(a.outerHTML);
	for (const svg of document.querySelectorAll("a svg")) if (svg.getAttribute("aria-hidden") !== "true") bad.push(svg.outerHTML);
	for (const time of document.querySelectorAll("time")) if (isNaN(new Date(time.dateTime))) bad.push(time.outerHTML);
	return bad;`
