package static

// PlainOnWindows is put to the test on every system.
var PlainOnWindows = plainOnWindows

// ZstdWindow is put to the test with headers nobody writes.
var ZstdWindow = zstdWindow
