package pair

import (
	"os"
	"strings"
)

func machine() (kernel, cpu, load string) {
	read := func(name string) string {
		text, _ := os.ReadFile(name) // what cannot be known is left out
		return strings.TrimSpace(string(text))
	}
	for line := range strings.Lines(read("/proc/cpuinfo")) {
		if key, value, _ := strings.Cut(line, ":"); strings.TrimSpace(key) == "model name" {
			cpu = strings.TrimSpace(value)
			break
		}
	}
	if averages := strings.Fields(read("/proc/loadavg")); len(averages) >= 3 {
		load = strings.Join(averages[:3], " ")
	}
	return "Linux " + read("/proc/sys/kernel/osrelease"), cpu, load
}
