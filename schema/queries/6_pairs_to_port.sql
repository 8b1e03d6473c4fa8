-- Source and destination pairs that reached one destination port in a time window, by count
-- $1 dst_port int: SELECT 22
-- $2 from timestamptz: SELECT max(last_event_at) - interval '24 hours' FROM sluice.batches WHERE log_type = 'firewall'
-- $3 to timestamptz: SELECT max(last_event_at) FROM sluice.batches WHERE log_type = 'firewall'
SELECT src_ip, dst_ip, count(*) AS events
  FROM firewall_logs
 WHERE dst_port = $1::int AND "timestamp" >= $2::timestamptz AND "timestamp" <= $3::timestamptz
 GROUP BY src_ip, dst_ip
 ORDER BY events DESC, src_ip, dst_ip
 LIMIT 100;
