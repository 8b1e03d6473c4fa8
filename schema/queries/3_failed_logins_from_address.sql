-- Failed logins from an address
-- $1 source_ip inet: SELECT host(source_ip) FROM auth_logs WHERE status = 'Failed' LIMIT 1
SELECT "timestamp", hostname, username, auth_method, source_ip, source_port
  FROM auth_logs
 WHERE status = 'Failed' AND source_ip = $1::inet
 ORDER BY "timestamp";
