//go:build !unix

package pair

func cpu() Meter { return Wall() }
