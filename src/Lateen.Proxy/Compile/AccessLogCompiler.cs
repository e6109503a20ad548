using Envoy.Config.Accesslog.V3;
using Envoy.Config.Core.V3;
using Envoy.Extensions.AccessLoggers.File.V3;
using Envoy.Extensions.AccessLoggers.Stream.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Proxy.AccessLog;

namespace Lateen.Proxy.Compile;

/// <summary>envoy.config.accesslog.v3.AccessLog: file and stream loggers, text and JSON formats, filters.</summary>
internal static class AccessLogCompiler
{
    public static AccessLogConfig[] Compile(CompileScope scope, IReadOnlyList<Envoy.Config.Accesslog.V3.AccessLog> logs, string path) =>
        [.. logs.Select((log, i) => One(scope, log, $"{path}[{i}]")).OfType<AccessLogConfig>()];

    private static AccessLogConfig? One(CompileScope scope, Envoy.Config.Accesslog.V3.AccessLog log, string path)
    {
        string at = path + ".typed_config";
        string file;
        SubstitutionFormatString? format;
        switch (TypeUrls.MessageName(log.TypedConfig?.TypeUrl ?? ""))
        {
            case "envoy.extensions.access_loggers.file.v3.FileAccessLog":
                FileAccessLog? logger = scope.Unpack(log.TypedConfig, FileAccessLog.Parser, at);
                (file, format) = (logger?.Path ?? "", logger?.LogFormat);
#pragma warning disable CS0612 // format is deprecated but sent by older control planes.
                if (format is null && logger is { Format.Length: > 0 })
                {
                    format = new SubstitutionFormatString { TextFormat = logger.Format };
                }
#pragma warning restore CS0612
                break;
            case "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog":
                (file, format) = ("/dev/stdout", scope.Unpack(log.TypedConfig, StdoutAccessLog.Parser, at)?.LogFormat);
                break;
            case "envoy.extensions.access_loggers.stream.v3.StderrAccessLog":
                (file, format) = ("/dev/stderr", scope.Unpack(log.TypedConfig, StderrAccessLog.Parser, at)?.LogFormat);
                break;
            default:
                scope.Host.NotYet($"access logger {log.Name}");
                return null;
        }
        LogFormat? text = null;
        JsonLog? json = null;
        if (format?.FormatCase == SubstitutionFormatString.FormatOneofCase.JsonFormat)
        {
            json = Json(scope, format.JsonFormat, at);
        }
        else
        {
            string source = format?.FormatCase switch
            {
                SubstitutionFormatString.FormatOneofCase.TextFormat => format.TextFormat,
                SubstitutionFormatString.FormatOneofCase.TextFormatSource => format.TextFormatSource.InlineString,
                _ => LogFormat.Envoy,
            };
            text = LogFormat.Parse(source, format?.OmitEmptyValues ?? false, out string? error);
            if (text is null)
            {
                scope.Refuse(at + ".log_format", error!);
                return null;
            }
        }
        return new AccessLogConfig
        {
            Text = text,
            Json = json,
            File = scope.Host.FileOf(file),
            Filter = log.Filter is null ? null : Filter(scope, log.Filter, path + ".filter"),
        };
    }

    private static JsonLog Json(CompileScope scope, Struct json, string path)
    {
        List<KeyValuePair<string, LogFormat>> fields = [];
        foreach ((string key, Value value) in json.Fields)
        {
            string source = value.KindCase == Value.KindOneofCase.StringValue ? value.StringValue : value.ToString();
            if (LogFormat.Parse(source, omitEmpty: false, out string? error) is { } format)
            {
                fields.Add(new(key, format));
            }
            else
            {
                scope.Refuse($"{path}.log_format.json_format[\"{key}\"]", error!);
            }
        }
        return new JsonLog(fields);
    }

    private static Func<StreamInfo, bool>? Filter(CompileScope scope, AccessLogFilter filter, string path)
    {
        switch (filter.FilterSpecifierCase)
        {
            case AccessLogFilter.FilterSpecifierOneofCase.StatusCodeFilter:
                Func<long, bool> status = Comparison(filter.StatusCodeFilter.Comparison);
                return info => status(info.ResponseCode);
            case AccessLogFilter.FilterSpecifierOneofCase.DurationFilter:
                Func<long, bool> duration = Comparison(filter.DurationFilter.Comparison);
                return info => duration(info.End - info.Start);
            case AccessLogFilter.FilterSpecifierOneofCase.ResponseFlagFilter:
                ResponseFlags wanted = filter.ResponseFlagFilter.Flags
                    .Aggregate(ResponseFlags.None, (all, f) => all | (System.Enum.TryParse(f, out ResponseFlags flag) ? flag : 0));
                bool any = filter.ResponseFlagFilter.Flags.Count == 0;
                return info => any ? info.Flags != 0 : (info.Flags & wanted) != 0;
            case AccessLogFilter.FilterSpecifierOneofCase.AndFilter:
                Func<StreamInfo, bool>?[] all = [.. filter.AndFilter.Filters.Select((f, i) => Filter(scope, f, $"{path}.and_filter.filters[{i}]"))];
                return info => Array.TrueForAll(all, f => f is null || f(info));
            case AccessLogFilter.FilterSpecifierOneofCase.OrFilter:
                Func<StreamInfo, bool>?[] some = [.. filter.OrFilter.Filters.Select((f, i) => Filter(scope, f, $"{path}.or_filter.filters[{i}]"))];
                return info => Array.Exists(some, f => f is null || f(info));
            case AccessLogFilter.FilterSpecifierOneofCase.HeaderFilter:
                Routing.HeaderMatcher[] headers = MatcherCompiler.Headers(scope, [filter.HeaderFilter.Header], path + ".header_filter.header");
                return info => info.RequestHead is { } head && Array.TrueForAll(headers, h => h.Matches(head));
            case AccessLogFilter.FilterSpecifierOneofCase.NotHealthCheckFilter:
                return null;
            default:
                scope.Host.NotYet($"access log filter {filter.FilterSpecifierCase}: every stream is logged");
                return null;
        }
    }

    private static Func<long, bool> Comparison(ComparisonFilter comparison)
    {
        long limit = comparison.Value.DefaultValue;
        return comparison.Op switch
        {
            ComparisonFilter.Types.Op.Eq => value => value == limit,
            ComparisonFilter.Types.Op.Ge => value => value >= limit,
            _ => value => value <= limit,
        };
    }
}
