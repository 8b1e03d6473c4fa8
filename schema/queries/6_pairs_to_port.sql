-- Source and destination pairs that reached one destination port, by count
-- $1 dst_port int: SELECT 22
SELECT src_ip, dst_ip, count(*) AS events
  FROM firewall_logs
 WHERE dst_port = $1::int
 GROUP BY src_ip, dst_ip
 ORDER BY events DESC, src_ip, dst_ip
 LIMIT 100;
