//! What is shipped for Prometheus, Alertmanager and Grafana, tried with the real programs and the real daemon.

mod alerting;
mod alerts;
mod commands;
mod copies;
mod dashboards;
mod labels;
mod names;
mod promql;
mod scraping;
mod servers;
