package markdown

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
)

// Render returns the HTML of a text of Markdown that may be anybody's, without the
// front matter. It is for the README of browse and for the .Markdown of templates:
//
//	browse.Config{Readme: true, Markdown: markdown.Render}
//	page.Config{Markdown: markdown.Render}
//
// There is no HTML in the result that was HTML in the text, no link that runs a
// script, and no id but those of footnotes, which begin with user-content-: others
// would be taken for those of the page around it. A text of more than 1 MiB is an
// error.
func Render(source []byte) (template.HTML, error) {
	if _, body, err := splitFront(source); err == nil {
		source = body
	}
	html, _, _, err := convert(foreign, source)
	return html, err
}

var (
	foreign = newConverter(false, false)
	own     = newConverter(true, false) // of pages
	trusted = newConverter(true, true)  // of pages with HTML in them
)

// newConverter returns the Markdown that readers of GitHub know: tables, strikethrough,
// links that are written out, task lists, footnotes, and, if it is the page's own, ids
// for headings.
func newConverter(ids, raw bool) goldmark.Markdown {
	footnotes := []extension.FootnoteOption{}
	if !ids {
		footnotes = append(footnotes, extension.WithFootnoteIDPrefix("user-content-"))
	}
	options := []goldmark.Option{goldmark.WithExtensions(
		// By attributes, since a Content-Security-Policy may allow no style.
		extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)),
		extension.Strikethrough, extension.Linkify, extension.TaskList,
		extension.NewFootnote(footnotes...),
	)}
	if ids {
		options = append(options, goldmark.WithParserOptions(parser.WithAutoHeadingID()))
	}
	if raw {
		options = append(options, goldmark.WithRendererOptions(html.WithUnsafe()))
	}
	return goldmark.New(options...)
}

// convert returns the HTML of a text, its first heading, and what it begins with.
func convert(m goldmark.Markdown, source []byte) (body template.HTML, heading, words string, err error) {
	if err := tooHard(source); err != nil {
		return "", "", "", err
	}
	doc := m.Parser().Parse(text.NewReader(source))
	var out bytes.Buffer
	if err := m.Renderer().Render(&out, source, doc); err != nil {
		return "", "", "", err
	}
	if out.Len() > mostHTML {
		return "", "", "", fmt.Errorf("there are more than %d bytes of HTML", mostHTML)
	}
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok {
			heading = plainText(h, source)
			break
		}
	}
	return template.HTML(out.String()), heading, plainText(doc, source), nil
}

// mostPlain is how many bytes of a text can be had without its markup, give or take
// a line.
const mostPlain = 16 << 10

// plainText returns what is written in a node.
func plainText(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				b.Write(n.Segment.Value(source))
				if n.SoftLineBreak() || n.HardLineBreak() {
					b.WriteByte(' ')
				}
			}
		case *ast.String:
			if entering {
				b.Write(n.Value)
			}
		default:
			if !entering && n.Type() == ast.TypeBlock && n.NextSibling() != nil {
				b.WriteByte(' ')
			}
		}
		if b.Len() > mostPlain {
			return ast.WalkStop, nil
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(b.String())
}
