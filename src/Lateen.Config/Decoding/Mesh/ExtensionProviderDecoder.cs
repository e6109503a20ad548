using System.Text.Json.Nodes;
using Lateen.Model;
using Lateen.Model.Mesh;

namespace Lateen.Config.Decoding.Mesh;

/// <summary>Reads MeshConfig.extensionProviders[]: a name and one provider.</summary>
internal static class ExtensionProviderDecoder
{
    private static readonly (string Field, TracerKind Kind)[] Tracers =
    [
        ("zipkin", TracerKind.Zipkin), ("lightstep", TracerKind.Lightstep), ("datadog", TracerKind.Datadog),
        ("skywalking", TracerKind.Skywalking), ("opencensus", TracerKind.Opencensus), ("opentelemetry", TracerKind.Opentelemetry),
    ];

    /// <returns>Null for a provider of a kind that is not known: it can not be named by a policy then, which is reported there.</returns>
    public static ExtensionProvider? Read(ValueReader item)
    {
        ExtensionProvider? provider = null;
        item.Message(entry =>
        {
            entry.IgnoreRest();
            var name = entry["name"].Required("name the provider") ?? "";
            entry["prometheus"].Message(empty => { provider = new PrometheusProvider(name); return empty; });
            entry["stackdriver"].Message(stackdriver =>
            {
                stackdriver.IgnoreRest();
                provider = new StackdriverProvider(name) { Debug = stackdriver["debug"].Boolean() ?? false };
                return stackdriver;
            });
            entry["envoyFileAccessLog"].Message(file => { provider = ReadFile(file, name); return file; });
            entry["envoyHttpAls"].Message(als => { provider = ReadHttpAls(als, name); return als; });
            entry["envoyTcpAls"].Message(als => { provider = ReadTcpAls(als, name); return als; });
            entry["envoyOtelAls"].Message(als => { provider = ReadOtelAls(als, name); return als; });
            entry["envoyExtAuthzGrpc"].Message(authz => { provider = ReadAuthzGrpc(authz, name); return authz; });
            entry["envoyExtAuthzHttp"].Message(authz => { provider = ReadAuthzHttp(authz, name); return authz; });
            foreach (var (field, kind) in Tracers)
            {
                entry[field].Message(tracer => { provider = ReadTracer(tracer, name, kind); return tracer; });
            }

            return entry;
        });
        return provider;
    }

    /// <summary>`host` or `namespace/host`, without a port.</summary>
    private static string Service(ObjectReader provider)
    {
        var text = provider["service"].Required("name the service: HOST or NAMESPACE/HOST") ?? "";
        if (text.Length > 0)
        {
            var parts = text.Split('/');
            var host = parts[^1];
            if (parts.Length > 2 || (parts.Length == 2 && !NameRules.IsDnsLabel(parts[0]))
                || (!NameRules.IsDnsName(host) && !NameRules.IsIpAddress(host)))
            {
                provider["service"].Problem($"\"{text}\" is no service", "write HOST or NAMESPACE/HOST; the port has a field of its own");
            }
        }

        return text;
    }

    private static int Port(ObjectReader provider)
    {
        var port = provider["port"].Port();
        if (!provider["port"].IsPresent)
        {
            provider.Problem("port is missing", "set it to 1-65535");
        }

        return (int)(port ?? 0);
    }

    private static string? Json(ValueReader field) =>
        field.Node is { } node && JsonTree.ToJson(node) is JsonObject json ? json.ToJsonString() : null;

    private static EnvoyFileAccessLogProvider ReadFile(ObjectReader file, string name)
    {
        file.IgnoreRest();
        var format = file["logFormat"].Node;
        return new EnvoyFileAccessLogProvider(
            name,
            file["path"].Text() ?? "/dev/stdout",
            format?.Member("text")?.Text,
            format?.Member("labels") is { } labels ? JsonTree.ToJson(labels)!.ToJsonString() : null);
    }

    private static EnvoyHttpAlsProvider ReadHttpAls(ObjectReader als, string name) => new(name, Service(als), Port(als))
    {
        LogName = als["logName"].Text() ?? "",
        FilterStateObjectsToLog = als["filterStateObjectsToLog"].Texts(),
        AdditionalRequestHeadersToLog = als["additionalRequestHeadersToLog"].Texts(),
        AdditionalResponseHeadersToLog = als["additionalResponseHeadersToLog"].Texts(),
        AdditionalResponseTrailersToLog = als["additionalResponseTrailersToLog"].Texts(),
    };

    private static EnvoyTcpAlsProvider ReadTcpAls(ObjectReader als, string name) => new(name, Service(als), Port(als))
    {
        LogName = als["logName"].Text() ?? "",
        FilterStateObjectsToLog = als["filterStateObjectsToLog"].Texts(),
    };

    private static EnvoyOtelAlsProvider ReadOtelAls(ObjectReader als, string name)
    {
        var format = als["logFormat"].Message(inner => new Format(inner["text"].Text(), Json(inner["labels"])));
        return new EnvoyOtelAlsProvider(name, Service(als), Port(als))
        {
            LogName = als["logName"].Text() ?? "", TextFormat = format?.Text, LabelsJson = format?.Labels,
        };
    }

    private static TracingProvider ReadTracer(ObjectReader tracer, string name, TracerKind kind)
    {
        tracer.IgnoreRest();
        if (kind == TracerKind.Lightstep)
        {
            tracer["accessToken"].Required("give the satellite pool's token");
        }

        return new TracingProvider(name, kind, Service(tracer), Port(tracer))
        {
            MaxTagLength = tracer["maxTagLength"].Unsigned32(),
            AccessToken = tracer["accessToken"].Text() ?? "",
            Enable64BitTraceId = tracer["enable64bitTraceId"].Boolean() ?? false,
            Context = tracer["context"].Texts(),
        };
    }

    private static ExtAuthzGrpcProvider ReadAuthzGrpc(ObjectReader authz, string name) => new(name, Service(authz), Port(authz))
    {
        Timeout = authz["timeout"].Duration(),
        FailOpen = authz["failOpen"].Boolean() ?? false,
        StatusOnError = StatusOnError(authz),
        IncludeRequestBodyInCheck = authz["includeRequestBodyInCheck"].Message(ReadBody),
    };

    private static ExtAuthzHttpProvider ReadAuthzHttp(ObjectReader authz, string name)
    {
        var prefix = authz["pathPrefix"].Text() ?? "";
        if (prefix.Length > 0 && prefix[0] != '/')
        {
            authz["pathPrefix"].Problem($"\"{prefix}\" does not begin with /");
        }

        return new ExtAuthzHttpProvider(name, Service(authz), Port(authz))
        {
            Timeout = authz["timeout"].Duration(),
            FailOpen = authz["failOpen"].Boolean() ?? false,
            StatusOnError = StatusOnError(authz),
            IncludeRequestBodyInCheck = authz["includeRequestBodyInCheck"].Message(ReadBody),
            PathPrefix = prefix,
            IncludeHeadersInCheck = authz["includeHeadersInCheck"].Texts(),
            IncludeRequestHeadersInCheck = authz["includeRequestHeadersInCheck"].Texts(),
            IncludeAdditionalHeadersInCheck = authz["includeAdditionalHeadersInCheck"].TextMap().ToEquatableMap(),
            HeadersToUpstreamOnAllow = authz["headersToUpstreamOnAllow"].Texts(),
            HeadersToDownstreamOnDeny = authz["headersToDownstreamOnDeny"].Texts(),
            HeadersToDownstreamOnAllow = authz["headersToDownstreamOnAllow"].Texts(),
        };
    }

    private static string StatusOnError(ObjectReader authz)
    {
        if (authz["statusOnError"].IsPresent)
        {
            authz["statusOnError"].Number32(100, 599);
        }

        return authz["statusOnError"].AnyText() ?? "";
    }

    private static RequestBodyInCheck ReadBody(ObjectReader body) => new(
        body["maxRequestBytes"].Unsigned32() ?? 0,
        body["allowPartialMessage"].Boolean() ?? false,
        body["packAsBytes"].Boolean() ?? false);

    private sealed record Format(string? Text, string? Labels);
}
