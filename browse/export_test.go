package browse

// CompareNames is put to the test with names that no file system has.
var CompareNames = compareNames

// Latin is the table of accents.
const Latin = latin

// Render returns the row of a page, and RenderJSON that of a program, of a file of
// any name.
func Render(name string) string {
	p := appender{listing: &listing{h: new(Handler), rows: []row{{entry: entry{name: name}}}, names: new(names)}}
	p.table()
	return string(p.dst)
}

func RenderJSON(name string) string { return string(appendItem(nil, row{entry: entry{name: name}})) }

// Arrange is put to the test with numbers.
func Arrange(p []int32, lo, hi int, compare func(a, b int32) int) { arrange(p, lo, hi, compare) }
