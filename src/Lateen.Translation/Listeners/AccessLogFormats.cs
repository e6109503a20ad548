using Envoy.Config.Core.V3;
using Envoy.Extensions.Formatter.ReqWithoutQuery.V3;
using Google.Protobuf.WellKnownTypes;

namespace Lateen.Translation.Listeners;

/// <summary>The formats of access logs.</summary>
internal static class AccessLogFormats
{
    /// <summary>Istio's default text format (Istio, "Getting Envoy's Access Logs").</summary>
    public const string Default =
        "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" %RESPONSE_CODE% "
        + "%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "
        + "\"%UPSTREAM_TRANSPORT_FAILURE_REASON%\" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
        + "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" "
        + "\"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\" "
        + "%UPSTREAM_CLUSTER% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% "
        + "%DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n";

    /// <summary>The fields of the default JSON format, in alphabetical order.</summary>
    private static readonly (string Key, string Value)[] DefaultJson =
    [
        ("authority", "%REQ(:AUTHORITY)%"),
        ("bytes_received", "%BYTES_RECEIVED%"),
        ("bytes_sent", "%BYTES_SENT%"),
        ("connection_termination_details", "%CONNECTION_TERMINATION_DETAILS%"),
        ("downstream_local_address", "%DOWNSTREAM_LOCAL_ADDRESS%"),
        ("downstream_remote_address", "%DOWNSTREAM_REMOTE_ADDRESS%"),
        ("duration", "%DURATION%"),
        ("method", "%REQ(:METHOD)%"),
        ("path", "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%"),
        ("protocol", "%PROTOCOL%"),
        ("request_id", "%REQ(X-REQUEST-ID)%"),
        ("requested_server_name", "%REQUESTED_SERVER_NAME%"),
        ("response_code", "%RESPONSE_CODE%"),
        ("response_code_details", "%RESPONSE_CODE_DETAILS%"),
        ("response_flags", "%RESPONSE_FLAGS%"),
        ("route_name", "%ROUTE_NAME%"),
        ("start_time", "%START_TIME%"),
        ("upstream_cluster", "%UPSTREAM_CLUSTER%"),
        ("upstream_host", "%UPSTREAM_HOST%"),
        ("upstream_local_address", "%UPSTREAM_LOCAL_ADDRESS%"),
        ("upstream_service_time", "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%"),
        ("upstream_transport_failure_reason", "%UPSTREAM_TRANSPORT_FAILURE_REASON%"),
        ("user_agent", "%REQ(USER-AGENT)%"),
        ("x_forwarded_for", "%REQ(X-FORWARDED-FOR)%"),
    ];

    /// <summary>The text of a format as a line; the default for none.</summary>
    public static string Text(string format) => format.Length == 0 ? Default : format.EndsWith('\n') ? format : format + "\n";

    /// <summary>The fields of a JSON format; the default for none, and for what is no object.</summary>
    public static Struct Json(string? json)
    {
        if (!string.IsNullOrEmpty(json))
        {
            try
            {
                if (Struct.Parser.ParseJson(json) is { Fields.Count: > 0 } fields)
                {
                    return fields;
                }
            }
            catch (Exception exception) when (exception is Google.Protobuf.InvalidJsonException or Google.Protobuf.InvalidProtocolBufferException)
            {
                // Admission has told its author; the default is better than no log.
            }
        }

        var result = new Struct();
        foreach (var (key, value) in DefaultJson)
        {
            result.Fields[key] = Value.ForString(value);
        }

        return result;
    }

    /// <summary>The extensions whose operators a format uses.</summary>
    public static IEnumerable<TypedExtensionConfig> Formatters(string format)
    {
        if (format.Contains("%REQ_WITHOUT_QUERY", StringComparison.Ordinal))
        {
            yield return new() { Name = "envoy.formatter.req_without_query", TypedConfig = new ReqWithoutQuery().Pack() };
        }

        if (format.Contains("%METADATA(", StringComparison.Ordinal))
        {
            yield return new() { Name = "envoy.formatter.metadata", TypedConfig = new Envoy.Extensions.Formatter.Metadata.V3.Metadata().Pack() };
        }
    }
}
