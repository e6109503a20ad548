using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Envoy.Extensions.Filters.Http.Wasm.V3;
using Google.Protobuf.WellKnownTypes;

namespace Lateen.Translation.Telemetries;

/// <summary>The configuration of the Stackdriver plugin, which reads it as JSON.</summary>
internal static class StackdriverConfig
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The API's metrics as Stackdriver names them, behind `client/` or `server/`; it has none for the others.</summary>
    private static readonly Dictionary<string, string> Names = new()
    {
        ["REQUEST_COUNT"] = "request_count",
        ["REQUEST_DURATION"] = "response_latencies",
        ["REQUEST_SIZE"] = "request_bytes",
        ["RESPONSE_SIZE"] = "response_bytes",
        ["TCP_OPENED_CONNECTIONS"] = "connection_open_count",
        ["TCP_CLOSED_CONNECTIONS"] = "connection_close_count",
        ["TCP_SENT_BYTES"] = "sent_bytes_count",
        ["TCP_RECEIVED_BYTES"] = "received_bytes_count",
    };

    public static Any Build(MetricsOfSide? metrics, bool logs, string? logFilter, ListenerClass kind)
    {
        var root = kind == ListenerClass.SidecarInbound ? "stackdriver_inbound" : "stackdriver_outbound";
        return new Wasm
        {
            Config = new()
            {
                RootId = root,
                VmConfig = new()
                {
                    VmId = root,
                    Runtime = "envoy.wasm.runtime.null",
                    Code = new() { Local = new() { InlineString = "envoy.wasm.null.stackdriver" } },
                },
                Configuration = new StringValue { Value = Json(metrics, logs, logFilter, kind) }.Pack(),
            },
        }.Pack();
    }

    public static string Json(MetricsOfSide? metrics, bool logs, string? logFilter, ListenerClass kind)
    {
        var config = new JsonObject();
        if (!logs)
        {
            config["disable_server_access_logging"] = true;
        }

        if (kind != ListenerClass.SidecarOutbound)
        {
            config["disable_host_header_fallback"] = true;
        }

        if (logs && logFilter is null)
        {
            // A server logs all calls, a client those that failed.
            config["access_logging"] = kind == ListenerClass.SidecarInbound ? "FULL" : "ERRORS_ONLY";
        }

        config["metric_expiry_duration"] = "3600s";
        if (Overrides(metrics, kind) is { Count: > 0 } overrides)
        {
            config["metrics_overrides"] = overrides;
        }

        if (logs && logFilter is not null)
        {
            config["access_logging_filter_expression"] = logFilter;
        }

        return config.ToJsonString(Plain);
    }

    private static JsonObject Overrides(MetricsOfSide? metrics, ListenerClass kind)
    {
        var result = new JsonObject();
        foreach (var metric in metrics?.Metrics ?? [])
        {
            var side = kind == ListenerClass.SidecarInbound ? "server/" : "client/";
            var name = Names.TryGetValue(metric.Name, out var known) ? side + known : metric.Name.StartsWith("GRPC_", StringComparison.Ordinal) ? "" : metric.Name;
            if (name.Length == 0)
            {
                continue;
            }

            var change = new JsonObject();
            if (metric.IsDisabled)
            {
                change["drop"] = true;
            }

            // Stackdriver can not take a tag away.
            var tags = new JsonObject(metric.Tags.Where(t => t.Value is not null).Select(t => KeyValuePair.Create(t.Name, (JsonNode?)t.Value)));
            if (tags.Count > 0)
            {
                change["tag_overrides"] = tags;
            }

            result[name] = change;
        }

        return result;
    }
}
