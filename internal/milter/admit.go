package milter

// admit takes in a frame: it checks form and order, keeps what the library
// would lose and answers what it does not know. It reports whether the
// library is to dispatch the frame.
func (c *conn) admit(code byte, data []byte) (forward bool, err error) {
	if code == cmdOptNeg {
		return c.admitOptNeg(data)
	}
	if !c.negotiated {
		return false, fault("first frame is no option negotiation")
	}
	switch code {
	case cmdMacro:
		cmd, pairs, err := parseMacros(data)
		if err != nil {
			return false, err
		}
		return false, c.macros.add(cmd, pairs, c.msg.active)
	case cmdConnect:
		if c.cur.connect, err = parseConnect(data); err != nil {
			return false, err
		}
		if c.connected {
			c.endSession()
		}
		c.connected = true
		return true, c.macros.startConn()
	case cmdHelo:
		c.abort() // RFC 5321 4.1.4: EHLO in a transaction resets it
		c.connected = true
		c.cur.name, err = parseHelo(data)
		return err == nil, err
	case cmdMail:
		c.abort()
		c.connected = true
		if c.cur.addr, c.cur.args, err = parsePath(data); err != nil {
			return false, err
		}
		c.msg.active = true
		c.msg.settled = c.refused
		return true, c.macros.startMail()
	case cmdAbort:
		return true, nil
	case cmdQuit:
		return false, errQuit
	case cmdQuitNC:
		c.endSession()
		c.macros.reset()
		return false, nil
	case cmdUnknown:
		return false, c.writeCode(ansContinue)
	}
	if !c.msg.active {
		return false, fault("command of a message outside one")
	}
	return c.admitMessage(code, data)
}

func (c *conn) admitOptNeg(data []byte) (bool, error) {
	if c.negotiated {
		return false, fault("second option negotiation")
	}
	g, err := negotiate(data, c.srv.opts.Actions, c.srv.opts.NoReply.protocol())
	if err != nil {
		return false, err
	}
	c.grant, c.negotiated = g, true
	c.srv.noteGrant(g)
	return true, nil
}

// admitMessage takes in the commands of a message: R* [T] L* N B* E. Header
// fields and body are not forwarded: the library would copy each of them, the
// body twice, to hand over what we have.
func (c *conn) admitMessage(code byte, data []byte) (forward bool, err error) {
	m := &c.msg
	switch code {
	case cmdRcpt:
		if m.eoh || m.header {
			return false, fault("RCPT after the header")
		}
		c.cur.addr, c.cur.args, err = parsePath(data)
		return err == nil, err
	case cmdData:
		c.answer(stageData, m.settled)
		return false, c.broken
	case cmdHeader:
		if m.eoh {
			return false, fault("HEADER after end of headers")
		}
		m.header = true
		if c.cur.name, c.cur.value, err = parseHeader(data, c.grant.has(optLeadingSpace)); err != nil {
			return false, err
		}
		c.onHeader()
		return false, nil
	case cmdEOH:
		if m.eoh {
			return false, fault("second end of headers")
		}
		return true, nil
	case cmdBody:
		c.missedEOH()
		if m.settled != nil || m.skip {
			c.answerBody()
		} else {
			c.onBody(data)
		}
		return false, nil
	case cmdEOM:
		if len(data) > 0 {
			return false, fault("end of message with data")
		}
		c.missedEOH()
		return true, nil
	}
	return false, fault("unknown command")
}
