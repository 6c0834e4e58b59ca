// Package logfile holds files that logs are written to: rotated once they are
// large, opened anew when asked to, and shared by all that write to them.
//
//	file := logfile.New(logfile.Config{Name: "/var/log/site/error.log"})
//	if err := file.Start(ctx); err != nil {
//		return err
//	}
//	defer file.Close()
//	log := slog.New(slog.NewTextHandler(file, nil))
//
// Each Write is one record: it is appended whole, never interleaved with another
// and never split over two files.
//
// A file that has outgrown its size is renamed to name-TIME-size.ext, where TIME
// is 2006-01-02T15-04-05.000 in UTC, and perhaps compressed to
// name-TIME-size.ext.gz; the oldest of these are removed. A file that cannot be
// rotated, perhaps for lack of a right to write to its folder, grows on: a log is
// worth more than its size. What is no regular file, such as a pipe or /dev/null,
// is never rotated. Where something else, such as logrotate, moves the
// file away, switch rotation off here and call [File.Reopen] afterwards.
//
// In a Caddyfile, the block of a directive that writes a log takes
//
//	rotate_size     megabytes     # 100
//	rotate_age      days          # 14; 0 is for ever
//	rotate_keep     files         # 10; 0 is all
//	rotate_compress
//	rotate_disable
//
// as in Caddy 1. A directive reads them by [Rotation.Read] and gets its file from
// [Share].
package logfile
