package app

import (
	"context"

	"labelmilter/internal/config"
	"labelmilter/internal/enforce"
	"labelmilter/internal/notify"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/strictyaml"
	"time"
)

// composer makes the notices of a generation; nil if none are sent.
func composer(c *config.Config, p *pipeline.Pipeline) func(pipeline.Result, time.Time) []enforce.Notice {
	if c.Notices.Server == "" || p.Simulate {
		return nil
	}
	n := &notify.Composer{Site: p.Rules.Site, Templates: p.Rules.Templates, Incidents: c.Notices.Incidents, Merge: c.Notices.Merge}
	return n.Compose
}

// noticeSettings say how they are sent. The password is read here, so that a
// missing file is found before mail is taken.
func noticeSettings(c *config.Config) (notify.Settings, strictyaml.Problems) {
	n := &c.Notices
	s := notify.Settings{Server: n.Server, TLS: n.TLS, Hello: n.Hello, User: n.User, From: n.From, Name: c.Organisation.Name, Rate: n.Rate}
	if n.Server == "" || n.User == "" {
		return s, nil
	}
	password := config.Secret{File: n.PasswordFile}
	if err := password.Read(); err != nil {
		return s, strictyaml.Problems{{Pos: strictyaml.Pos{File: c.File(), Line: 1, Col: 1}, Severity: strictyaml.Error, Message: "notices: password: " + err.Error()}}
	}
	s.Password = string(password.Reveal())
	return s, nil
}

// startNotices sends what waits, from the last run too, until the store closes.
func (a *App) startNotices(ctx context.Context) {
	s := notify.NewSender(notify.Options{Store: a.store, Settings: func() notify.Settings { return a.current.Load().notices },
		Now: a.o.Now, Logger: a.log, Count: a.metrics.Notices})
	nctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Run(nctx)
	}()
	a.onStop("notices", func(context.Context) error { cancel(); <-done; return nil })
}
