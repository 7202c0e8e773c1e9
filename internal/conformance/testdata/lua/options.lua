-- What is asked for in the negotiation, a client of no known family, and a
-- command that SMTP does not know.
conn = mt.connect(socket)
if conn == nil then error "connect" end
if mt.negotiate(conn, nil, nil, nil) ~= nil then error "negotiate" end
if not mt.test_action(conn, SMFIF_ADDHDRS) then error "no SMFIF_ADDHDRS" end
if not mt.test_action(conn, SMFIF_CHGBODY) then error "no SMFIF_CHGBODY" end
if not mt.test_action(conn, SMFIF_QUARANTINE) then error "no SMFIF_QUARANTINE" end
if not mt.test_option(conn, SMFIP_SKIP) then error "no SMFIP_SKIP" end
if not mt.test_option(conn, SMFIP_HDR_LEADSPC) then error "no SMFIP_HDR_LEADSPC" end
if mt.test_option(conn, SMFIP_NOBODY) then error "SMFIP_NOBODY" end
if mt.conninfo(conn, "unknown", "unspec") ~= nil then error "conninfo" end
if mt.helo(conn, "luaskip.client.example") ~= nil then error "helo" end
if mt.mailfrom(conn, "<alice@agency.example>") ~= nil then error "mailfrom" end
if mt.rcptto(conn, "<bob@other.example>") ~= nil then error "rcptto" end
if mt.eoh(conn) ~= nil then error "eoh" end
if mt.bodystring(conn, "first chunk\r\n") ~= nil then error "body" end
if mt.getreply(conn) ~= SMFIR_SKIP then error "no SKIP" end
if mt.eom(conn) ~= nil then error "eom" end
if mt.getreply(conn) ~= SMFIR_ACCEPT then error "eom reply" end
mt.disconnect(conn)
