package admin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"
	"golang.org/x/net/netutil"
)

// Options of a Server.
type Options struct {
	Listen   string // HOST:PORT or unix:/PATH
	Gatherer prometheus.Gatherer
	// Ready gives what is missing, one line each; nothing when the daemon can
	// take mail. The context ends after readyWait.
	Ready func(ctx context.Context) []string
	// Reload loads everything anew; the error's text is shown to the caller.
	Reload func(ctx context.Context) error
	Logger *zap.Logger // nil = none
}

// Bounds of what a peer may occupy.
const (
	maxConns    = 64
	maxHeader   = 16 << 10
	maxScrapes  = 4
	readyWait   = 5 * time.Second
	scrapeWait  = 10 * time.Second
	headerWait  = 5 * time.Second
	requestWait = 10 * time.Second
	answerWait  = 2 * time.Minute // a reload may take a while
	idleWait    = time.Minute
)

// Server serves HTTP.
type Server struct {
	o    Options
	log  *zap.Logger
	http *http.Server
	ln   net.Listener
	done chan struct{}
}

// New makes a server; nothing is opened.
func New(o Options) *Server {
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	s := &Server{o: o, log: o.Logger, done: make(chan struct{})}
	s.http = &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: headerWait, ReadTimeout: requestWait, WriteTimeout: answerWait, IdleTimeout: idleWait,
		MaxHeaderBytes: maxHeader, ErrorLog: zap.NewStdLog(o.Logger.Named("http")),
	}
	return s
}

// Start opens the listener and serves until Stop.
func (s *Server) Start(ctx context.Context) error {
	ln, err := listen(ctx, s.o.Listen)
	if err != nil {
		return fmt.Errorf("admin: %w", err)
	}
	s.ln = ln
	go func() {
		defer close(s.done)
		if err := s.http.Serve(netutil.LimitListener(ln, maxConns)); err != nil && !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("admin server ended", zap.Error(err))
		}
	}()
	return nil
}

// Addr is the address listened on, after Start.
func (s *Server) Addr() net.Addr { return s.ln.Addr() }

// Stop ends serving; requests in hand may finish until ctx ends.
func (s *Server) Stop(ctx context.Context) error {
	if s.ln == nil {
		return nil
	}
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("admin: %w", err), s.http.Close())
	}
	<-s.done
	return err
}

// listen opens HOST:PORT or unix:/PATH; a socket nobody serves any more is
// replaced.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	path, unix := strings.CutPrefix(addr, "unix:")
	if !unix {
		return lc.Listen(ctx, "tcp", addr)
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case info.Mode()&fs.ModeSocket == 0:
		return nil, fmt.Errorf("%s exists and is not a socket", path)
	default:
		var d net.Dialer
		if c, err := d.DialContext(ctx, "unix", path); err == nil {
			_ = c.Close()
			return nil, fmt.Errorf("%s is served by another process", path)
		}
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	ln, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o660); err != nil {
		_ = ln.Close()
		return nil, err
	}
	return ln, nil
}

// Handler is everything served.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.o.Gatherer, promhttp.HandlerOpts{
		MaxRequestsInFlight: maxScrapes, Timeout: scrapeWait, ErrorHandling: promhttp.HTTPErrorOnError}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { text(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.HandleFunc("POST /-/reload", s.reload)
	return s.guard(mux)
}

// guard answers a panic with 500 and keeps bodies out: nothing here takes one.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != nil {
				s.log.Error("panic in the admin server", zap.ByteString("stack", debug.Stack()))
				text(w, http.StatusInternalServerError, "internal error")
			}
		}()
		r.Body = http.MaxBytesReader(w, r.Body, 1<<10)
		next.ServeHTTP(w, r)
	})
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWait)
	defer cancel()
	if missing := s.o.Ready(ctx); len(missing) > 0 {
		text(w, http.StatusServiceUnavailable, strings.Join(missing, "\n"))
		return
	}
	text(w, http.StatusOK, "ready")
}

func (s *Server) reload(w http.ResponseWriter, r *http.Request) {
	if !fromHere(r) {
		text(w, http.StatusForbidden, "reload is for loopback only")
		return
	}
	if err := s.o.Reload(r.Context()); err != nil {
		text(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	text(w, http.StatusOK, "reloaded")
}

// fromHere reports a request of a program on this machine. A browser on it
// that a web page sends here is none: it says so by Origin or Sec-Fetch-Site
// (Fetch Standard), or comes under a name that is not loopback's.
func fromHere(r *http.Request) bool {
	if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
		return false
	}
	if a, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && a.Network() == "unix" {
		return true
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !peer.Addr().Unmap().IsLoopback() {
		return false
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

func text(w http.ResponseWriter, code int, s string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = fmt.Fprintln(w, s)
}
