-- Quarantine is an edit with a reason, then acceptance.
conn = mt.connect(socket)
if conn == nil then error "connect" end
if mt.conninfo(conn, "client.example", "192.0.2.1") ~= nil then error "conninfo" end
if mt.helo(conn, "luaquarantine.client.example") ~= nil then error "helo" end
if mt.mailfrom(conn, "<>") ~= nil then error "mailfrom" end
if mt.rcptto(conn, "<bob@other.example>") ~= nil then error "rcptto" end
if mt.eoh(conn) ~= nil then error "eoh" end
if mt.bodystring(conn, "body\r\n") ~= nil then error "body" end
if mt.eom(conn) ~= nil then error "eom" end
if mt.getreply(conn) ~= SMFIR_ACCEPT then error "eom reply" end
if not mt.eom_check(conn, MT_QUARANTINE, "held by rule") then error "no quarantine" end
mt.disconnect(conn)
