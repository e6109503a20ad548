using Envoy.Config.Accesslog.V3;
using Envoy.Config.Core.V3;
using Envoy.Extensions.AccessLoggers.File.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Model.Mesh;

namespace Lateen.Translation.Listeners;

/// <summary>Access logs of connection managers, TCP proxies and listeners.</summary>
internal static class AccessLogs
{
    /// <summary>Istio's default text format (Istio, "Getting Envoy's Access Logs").</summary>
    public const string DefaultFormat =
        "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" %RESPONSE_CODE% "
        + "%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "
        + "\"%UPSTREAM_TRANSPORT_FAILURE_REASON%\" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
        + "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" "
        + "\"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\" "
        + "%UPSTREAM_CLUSTER% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% "
        + "%DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n";

    private const string FileName = "envoy.access_loggers.file";

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

    public static IEnumerable<AccessLog> Build(ProxyContext context, TrafficDirection direction)
    {
        _ = direction;
        if (MeshFile(context.Mesh) is { } log)
        {
            yield return log;
        }
    }

    /// <summary>What listeners log of connections that no chain takes (Envoy's response flag NR).</summary>
    public static IEnumerable<AccessLog> ForListener(ProxyContext context)
    {
        if (!context.Mesh.DisableEnvoyListenerLog && MeshFile(context.Mesh) is { } log)
        {
            log.Filter = new() { ResponseFlagFilter = new() { Flags = { "NR" } } };
            yield return log;
        }
    }

    private static AccessLog? MeshFile(MeshConfig mesh)
    {
        if (mesh.AccessLogFile.Length == 0)
        {
            return null;
        }

        var file = new FileAccessLog { Path = mesh.AccessLogFile };
        if (mesh.AccessLogEncoding == AccessLogEncoding.Json)
        {
            file.LogFormat = new() { JsonFormat = mesh.AccessLogFormat.Length > 0 ? ParseJson(mesh.AccessLogFormat) : Json() };
        }
        else
        {
            file.LogFormat = new()
            {
                TextFormatSource = new() { InlineString = mesh.AccessLogFormat.Length > 0 ? EndLine(mesh.AccessLogFormat) : DefaultFormat },
            };
        }

        return new() { Name = FileName, TypedConfig = file.Pack() };
    }

    private static string EndLine(string format) => format.EndsWith('\n') ? format : format + "\n";

    private static Struct ParseJson(string text)
    {
        try
        {
            return Struct.Parser.ParseJson(text);
        }
        catch (Google.Protobuf.InvalidJsonException)
        {
            return Json();
        }
        catch (Google.Protobuf.InvalidProtocolBufferException)
        {
            return Json();
        }
    }

    private static Struct Json()
    {
        var result = new Struct();
        foreach (var (key, value) in DefaultJson)
        {
            result.Fields[key] = Value.ForString(value);
        }

        return result;
    }
}
