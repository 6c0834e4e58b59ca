//go:build !linux && !darwin

package pair

func machine() (kernel, cpu, load string) { return "", "", "" }
