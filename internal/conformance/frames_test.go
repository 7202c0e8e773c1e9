package conformance

import "labelmilter/internal/milter/miltertest"

// Frames in few words.

func milterFrame(code byte, data ...string) []byte { return miltertest.Frame(code, data...) }
func milterMail(s ...string) []byte                { return miltertest.Strings('M', s...) }
func milterRcpt(s ...string) []byte                { return miltertest.Strings('R', s...) }
func milterHelo(name string) []byte                { return miltertest.Strings('H', name) }

func milterConnect(host, ip string) []byte { return miltertest.ConnectFrame(host, '4', 0, ip) }
