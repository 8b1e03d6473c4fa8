-- Events per type and hour
SELECT log_type, hour, events
  FROM events_hourly
 ORDER BY hour, log_type;
