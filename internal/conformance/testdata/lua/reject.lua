-- A refusal at end of message has its code, enhanced code and text.
conn = mt.connect(socket)
if conn == nil then error "connect" end
if mt.conninfo(conn, "client.example", "192.0.2.1") ~= nil then error "conninfo" end
if mt.helo(conn, "luareject.client.example") ~= nil then error "helo" end
if mt.mailfrom(conn, "<alice@agency.example>") ~= nil then error "mailfrom" end
if mt.rcptto(conn, "<bob@other.example>") ~= nil then error "rcptto" end
if mt.header(conn, "From", "alice@agency.example") ~= nil then error "header" end
if mt.eoh(conn) ~= nil then error "eoh" end
if mt.eom(conn) ~= nil then error "eom" end
if mt.getreply(conn) ~= SMFIR_REPLYCODE then error "eom reply" end
if not mt.eom_check(conn, MT_SMTPREPLY, "550", "5.7.1", "100%% refused") then error "reply text" end
if mt.eom_check(conn, MT_HDRADD) then error "edits beside a refusal" end
mt.disconnect(conn)
