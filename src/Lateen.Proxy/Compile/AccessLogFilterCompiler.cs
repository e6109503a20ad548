using Envoy.Config.Accesslog.V3;
using Envoy.Extensions.AccessLoggers.Filters.Cel.V3;
using Lateen.Net.Http1;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Expressions;
using Lateen.Proxy.Tracing;

namespace Lateen.Proxy.Compile;

/// <summary>envoy.config.accesslog.v3.AccessLogFilter to a condition over a finished stream.</summary>
internal static class AccessLogFilterCompiler
{
    private const string CelType = "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter";

    /// <summary>Null: every stream passes.</summary>
    public static LogCondition? Compile(CompileScope scope, AccessLogFilter filter, string path)
    {
        switch (filter.FilterSpecifierCase)
        {
            case AccessLogFilter.FilterSpecifierOneofCase.StatusCodeFilter:
                Func<long, bool> status = Comparison(filter.StatusCodeFilter.Comparison);
                return (info, _) => status(info.ResponseCode);
            case AccessLogFilter.FilterSpecifierOneofCase.DurationFilter:
                Func<long, bool> duration = Comparison(filter.DurationFilter.Comparison);
                return (info, _) => duration(info.End - info.Start);
            case AccessLogFilter.FilterSpecifierOneofCase.ResponseFlagFilter:
                ResponseFlags wanted = filter.ResponseFlagFilter.Flags
                    .Aggregate(ResponseFlags.None, (all, f) => all | (Enum.TryParse(f, out ResponseFlags flag) ? flag : 0));
                bool any = filter.ResponseFlagFilter.Flags.Count == 0;
                return (info, _) => any ? info.Flags != 0 : (info.Flags & wanted) != 0;
            case AccessLogFilter.FilterSpecifierOneofCase.GrpcStatusFilter:
                int[] codes = [.. filter.GrpcStatusFilter.Statuses.Select(s => (int)s)];
                bool exclude = filter.GrpcStatusFilter.Exclude;
                return (info, _) => Array.IndexOf(codes, info.GrpcStatus) >= 0 != exclude;
            case AccessLogFilter.FilterSpecifierOneofCase.AndFilter:
                LogCondition?[] all = [.. filter.AndFilter.Filters.Select((f, i) => Compile(scope, f, $"{path}.and_filter.filters[{i}]"))];
                return (info, worker) => Array.TrueForAll(all, f => f is null || f(info, worker));
            case AccessLogFilter.FilterSpecifierOneofCase.OrFilter:
                LogCondition?[] some = [.. filter.OrFilter.Filters.Select((f, i) => Compile(scope, f, $"{path}.or_filter.filters[{i}]"))];
                return (info, worker) => Array.Exists(some, f => f is null || f(info, worker));
            case AccessLogFilter.FilterSpecifierOneofCase.HeaderFilter:
                Routing.HeaderMatcher[] headers = MatcherCompiler.Headers(scope, [filter.HeaderFilter.Header], path + ".header_filter.header");
                return (info, _) => info.RequestHead is { } head && Array.TrueForAll(headers, h => h.Matches(head));
            case AccessLogFilter.FilterSpecifierOneofCase.RuntimeFilter:
                (uint numerator, uint denominator) = RouteCompiler.Fraction(filter.RuntimeFilter.PercentSampled ?? new());
                return (_, worker) => worker.Random.Chance(numerator, denominator);
            case AccessLogFilter.FilterSpecifierOneofCase.TraceableFilter:
                return static (info, _) => info.RequestHead is { } head && TraceMark.IsTraced(head.Get(HttpField.XRequestId));
            case AccessLogFilter.FilterSpecifierOneofCase.ExtensionFilter
                when Lateen.Api.TypeUrls.MessageName(filter.ExtensionFilter.TypedConfig?.TypeUrl ?? "") == CelType:
                return Cel(scope, filter.ExtensionFilter, path + ".extension_filter.typed_config");
            case AccessLogFilter.FilterSpecifierOneofCase.NotHealthCheckFilter:
                return null;
            default:
                scope.Host.NotYet($"access log filter {filter.FilterSpecifierCase}: every stream is logged");
                return null;
        }
    }

    private static LogCondition? Cel(CompileScope scope, ExtensionFilter filter, string path)
    {
        string text = scope.Unpack(filter.TypedConfig, ExpressionFilter.Parser, path)?.Expression ?? "";
        Expression? expression = ExpressionParser.Parse(text, new AttributeSource(scope.Host.Node), out string? error);
        if (expression is null)
        {
            scope.Refuse(path + ".expression", $"\"{text}\": {error}");
            return null;
        }
        return expression.IsTrue;
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
