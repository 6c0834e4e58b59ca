package upstream_test

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// A nameServer answers what it is told to, over UDP on the loopback.
type nameServer struct {
	conn net.PacketConn

	mu      sync.Mutex
	records map[string][]record // by name
	broken  bool
	asked   int
}

// A record is an A, AAAA or SRV record.
type record struct {
	addr                   netip.Addr
	priority, weight, port uint16
	target                 string
}

func address(addr string) record { return record{addr: netip.MustParseAddr(addr)} }

const (
	typeA, typeAAAA, typeSRV = 1, 28, 33
	servFail, nxDomain       = 2, 3
)

func newNameServer(t testing.TB) *nameServer {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &nameServer{conn: conn, records: map[string][]record{}}
	var done sync.WaitGroup
	done.Go(s.serve)
	t.Cleanup(func() {
		conn.Close()
		done.Wait()
	})
	return s
}

// resolver asks nobody but s.
func (s *nameServer) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", s.conn.LocalAddr().String())
	}}
}

// set replaces what is known of a name, which ends in a dot.
func (s *nameServer) set(name string, records ...record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records[name] = records
}

func (s *nameServer) setBroken(broken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = broken
}

func (s *nameServer) serve() {
	buf := make([]byte, 1500)
	for {
		n, from, err := s.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		if answer := s.answer(buf[:n]); answer != nil {
			s.conn.WriteTo(answer, from)
		}
	}
}

// answer answers one question (RFC 1035, section 4).
func (s *nameServer) answer(query []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	at, labels := 12, []string{}
	for at < len(query) && query[at] != 0 {
		end := at + 1 + int(query[at])
		if end >= len(query) {
			return nil
		}
		labels = append(labels, string(query[at+1:end]))
		at = end
	}
	if at+5 > len(query) {
		return nil
	}
	question := query[12 : at+5]
	kind := binary.BigEndian.Uint16(query[at+1:])
	records, known := s.records[strings.ToLower(strings.Join(labels, "."))+"."]
	var answers []byte
	count, code := uint16(0), uint16(0)
	switch {
	case s.broken:
		code = servFail
	case !known:
		code = nxDomain
	default:
		for _, r := range records {
			data, of := r.data()
			if of != kind {
				continue
			}
			answers = append(answers, 0xc0, 12) // the name asked for
			answers = binary.BigEndian.AppendUint16(answers, kind)
			answers = append(answers, 0, 1, 0, 0, 0, 0) // of the internet, for no time
			answers = binary.BigEndian.AppendUint16(answers, uint16(len(data)))
			answers = append(answers, data...)
			count++
		}
	}
	reply := append([]byte(nil), query[:2]...)
	reply = binary.BigEndian.AppendUint16(reply, 0x8580|code)
	reply = append(reply, 0, 1)
	reply = binary.BigEndian.AppendUint16(reply, count)
	reply = append(reply, 0, 0, 0, 0)
	return append(append(reply, question...), answers...)
}

func (r record) data() ([]byte, uint16) {
	switch {
	case r.addr.Is4():
		return r.addr.AsSlice(), typeA
	case r.addr.Is6():
		return r.addr.AsSlice(), typeAAAA
	}
	var data []byte
	for _, n := range []uint16{r.priority, r.weight, r.port} {
		data = binary.BigEndian.AppendUint16(data, n)
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(r.target, "."), ".") {
		if label != "" {
			data = append(append(data, byte(len(label))), label...)
		}
	}
	return append(data, 0), typeSRV
}
