-- The 20 source addresses with the most firewall events
SELECT src_ip, count(*) AS events, count(*) FILTER (WHERE action <> 'accept') AS not_accepted
  FROM firewall_logs
 GROUP BY src_ip
 ORDER BY events DESC, src_ip
 LIMIT 20;
