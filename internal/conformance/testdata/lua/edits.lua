-- Every edit of one answer arrives.
conn = mt.connect(socket)
if conn == nil then error "connect" end
if mt.conninfo(conn, "client.example", "192.0.2.1") ~= nil then error "conninfo" end
if mt.helo(conn, "luaedits.client.example") ~= nil then error "helo" end
mt.macro(conn, SMFIC_MAIL, "i", "q1")
if mt.mailfrom(conn, "<alice@agency.example>", "SIZE=100") ~= nil then error "mailfrom" end
if mt.getreply(conn) ~= SMFIR_CONTINUE then error "mailfrom reply" end
if mt.rcptto(conn, "<bob@other.example>") ~= nil then error "rcptto" end
if mt.getreply(conn) ~= SMFIR_CONTINUE then error "rcptto reply" end
if mt.header(conn, "From", "alice@agency.example") ~= nil then error "header" end
if mt.header(conn, "Subject", "test") ~= nil then error "header" end
if mt.header(conn, "X-Old", "old") ~= nil then error "header" end
if mt.eoh(conn) ~= nil then error "eoh" end
if mt.bodystring(conn, "body\r\n") ~= nil then error "body" end
if mt.eom(conn) ~= nil then error "eom" end
if mt.getreply(conn) ~= SMFIR_ACCEPT then error "eom reply" end
if not mt.eom_check(conn, MT_HDRADD, "X-Add") then error "no added field" end
if not mt.eom_check(conn, MT_HDRINSERT, "X-Ins") then error "no inserted field" end
if not mt.eom_check(conn, MT_HDRCHANGE, "Subject") then error "no changed field" end
if not mt.eom_check(conn, MT_HDRDELETE, "X-Old") then error "no deleted field" end
if not mt.eom_check(conn, MT_BODYCHANGE, "new body\r\n") then error "no new body" end
if not mt.eom_check(conn, MT_RCPTADD, "<new@other.example>") then error "no new recipient" end
if not mt.eom_check(conn, MT_RCPTDELETE, "<bob@other.example>") then error "no deleted recipient" end
if mt.eom_check(conn, MT_QUARANTINE) then error "quarantined" end
mt.disconnect(conn)
