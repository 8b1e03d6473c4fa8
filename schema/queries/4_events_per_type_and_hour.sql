-- Events per type and hour
SELECT log_type, hour, count(*) AS events
  FROM (SELECT 'firewall' AS log_type, date_trunc('hour', "timestamp") AS hour FROM firewall_logs
        UNION ALL
        SELECT 'dns', date_trunc('hour', "timestamp") FROM dns_logs
        UNION ALL
        SELECT 'auth', date_trunc('hour', "timestamp") FROM auth_logs) events
 GROUP BY log_type, hour
 ORDER BY hour, log_type;
