package pair

import "golang.org/x/sys/unix"

func machine() (kernel, cpu, load string) {
	release, _ := unix.Sysctl("kern.osrelease") // what cannot be known is left out
	cpu, _ = unix.Sysctl("machdep.cpu.brand_string")
	return "Darwin " + release, cpu, ""
}
