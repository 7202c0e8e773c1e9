-- A recipient put off; the session goes on; RSET; a second message passes.
conn = mt.connect(socket)
if conn == nil then error "connect" end
if mt.conninfo(conn, "client.example", "192.0.2.1") ~= nil then error "conninfo" end
if mt.helo(conn, "luarcpt.client.example") ~= nil then error "helo" end
if mt.mailfrom(conn, "<alice@agency.example>") ~= nil then error "mailfrom" end
if mt.rcptto(conn, "<bob@other.example>") ~= nil then error "rcptto" end
if mt.getreply(conn) ~= SMFIR_REPLYCODE then error "rcptto reply" end
mt.abort(conn)
if mt.helo(conn, "luaplain.client.example") ~= nil then error "second helo" end
if mt.mailfrom(conn, "<alice@agency.example>") ~= nil then error "mailfrom" end
if mt.rcptto(conn, "<bob@other.example>") ~= nil then error "rcptto" end
if mt.getreply(conn) ~= SMFIR_CONTINUE then error "rcptto reply" end
if mt.header(conn, "Subject", "folded\n value") ~= nil then error "header" end
if mt.eoh(conn) ~= nil then error "eoh" end
if mt.bodyrandom(conn, 300000) ~= nil then error "body" end
if mt.eom(conn) ~= nil then error "eom" end
if mt.getreply(conn) ~= SMFIR_ACCEPT then error "eom reply" end
mt.disconnect(conn)
