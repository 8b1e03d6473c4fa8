-- All firewall events of one source address in a time window
-- $1 src_ip inet: SELECT host(src_ip) FROM firewall_logs LIMIT 1
-- $2 from timestamptz: SELECT max(last_event_at) - interval '24 hours' FROM sluice.batches WHERE log_type = 'firewall'
-- $3 to timestamptz: SELECT max(last_event_at) FROM sluice.batches WHERE log_type = 'firewall'
SELECT "timestamp", src_ip, src_port, dst_ip, dst_port, protocol, action, bytes_sent, rule
  FROM firewall_logs
 WHERE src_ip = $1::inet AND "timestamp" >= $2::timestamptz AND "timestamp" <= $3::timestamptz
 ORDER BY "timestamp";
