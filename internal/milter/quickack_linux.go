package milter

import (
	"net"
	"syscall"
)

// quickAck gives a function that asks the kernel to acknowledge at once.
// Sendmail writes a macro frame and its command separately; with Nagle's
// algorithm there and delayed acknowledgement here each stage costs 40 ms.
// The option does not last, so it is set before each read.
func quickAck(nc net.Conn) func() {
	tcp, ok := nc.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	set := func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	}
	return func() { _ = raw.Control(set) }
}
