using Lateen.Net.Http1;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Http;
using Lateen.Proxy.Http.SideCalls;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Filters.ExtAuthz;

/// <summary>Asks an authorization service about a request and does what it says (envoy.filters.http.ext_authz).</summary>
internal sealed class ExtAuthzFilter : HttpFilterFactory
{
    public const string MetadataKey = "envoy.filters.http.ext_authz";

    public required ExtAuthzConfig Config { get; init; }

    public override FilterVerdict OnRequest(HttpExchange exchange)
    {
        if (exchange.Work is Check { IsOver: true } check && check.Filter == this)
        {
            return Act(exchange, check.Verdict);
        }
        ExtAuthzRoute? route = RouteOf(exchange);
        if (route is { IsDisabled: true })
        {
            return FilterVerdict.Continue;
        }
        if (!IsEnabled(exchange))
        {
            exchange.Count(HttpStat.ExtAuthzDisabled);
            return Config.DeniesWhenDisabled ? Refuse(exchange) : FilterVerdict.Continue;
        }
        ExtAuthzConfig config = route is null ? Config
            : Config with { WithBody = route.WithoutBody ? null : route.WithBody ?? Config.WithBody, Context = route.Context };
        if (config.WithBody is { } buffer && !exchange.IsRequestComplete && !exchange.IsUpgrade)
        {
            // Without partial messages one byte more than allowed is waited for: only that tells that the body is too long.
            int wanted = buffer.AllowsPartial ? buffer.MaximumBytes : buffer.MaximumBytes + 1;
            if (exchange.KeptBody.Length < wanted)
            {
                exchange.WaitForBody(wanted);
                return FilterVerdict.Wait;
            }
        }
        if (config.WithBody is { AllowsPartial: false } && exchange.KeptBody.Length > config.WithBody.MaximumBytes)
        {
            exchange.Reply(413, "Payload Too Large"u8, ResponseFlags.None, "request_payload_too_large");
            return FilterVerdict.Answered;
        }
        Check started = new(this, exchange);
        exchange.Work = started;
        exchange.HoldInFilter();
        started.Begin(config);
        return FilterVerdict.Wait;
    }

    public override void OnResponse(HttpExchange exchange)
    {
        if (exchange.Work is Check { Verdict: { Outcome: AuthorizationOutcome.Allowed } verdict } check && check.Filter == this)
        {
            Apply(exchange.Response, verdict.ResponseFields);
        }
    }

    private bool IsEnabled(HttpExchange exchange) =>
        exchange.Worker.Random.Chance(Config.Enabled.Numerator, Config.Enabled.Denominator)
        && (Config.EnabledMetadata is null || Config.EnabledMetadata.Matches(exchange.Metadata));

    private ExtAuthzRoute? RouteOf(HttpExchange exchange) =>
        exchange.Route is { } route && route.FilterConfigs.TryGetValue(Name, out object? own) ? own as ExtAuthzRoute : null;

    private FilterVerdict Act(HttpExchange exchange, AuthorizationVerdict verdict)
    {
        if (verdict.Metadata is { } metadata)
        {
            exchange.WriteMetadata()[MetadataKey] = metadata;
        }
        switch (verdict.Outcome)
        {
            case AuthorizationOutcome.Allowed:
                exchange.Count(HttpStat.ExtAuthzOk);
                return Pass(exchange, verdict);
            case AuthorizationOutcome.Denied:
                exchange.Count(HttpStat.ExtAuthzDenied);
                exchange.Reply(verdict.Status, verdict.Body, ResponseFlags.UAEX, "ext_authz_denied", head => Apply(head, verdict.Fields));
                return FilterVerdict.Answered;
            default:
                exchange.Count(HttpStat.ExtAuthzError);
                if (!Config.AllowsOnFailure)
                {
                    return Refuse(exchange);
                }
                exchange.Count(HttpStat.ExtAuthzFailureModeAllowed);
                if (Config.TellsOfFailure)
                {
                    exchange.Request.Set("x-envoy-auth-failure-mode-allowed"u8, "true"u8);
                }
                return FilterVerdict.Continue;
        }
    }

    private FilterVerdict Pass(HttpExchange exchange, AuthorizationVerdict verdict)
    {
        bool changed = verdict.Fields.Count > 0 || verdict.Removed.Count > 0 || verdict.QuerySet.Count > 0 || verdict.QueryRemoved.Count > 0;
        foreach (byte[] name in verdict.Removed)
        {
            exchange.Request.Remove(name);
        }
        Apply(exchange.Request, verdict.Fields);
        if (verdict.QuerySet.Count > 0 || verdict.QueryRemoved.Count > 0)
        {
            exchange.Request.SetTarget(QueryEdit.Apply(exchange.Request.Target, verdict.QuerySet, verdict.QueryRemoved));
        }
        if (changed && Config.ClearsRouteCache)
        {
            exchange.SelectRouteAgain();
        }
        return FilterVerdict.Continue;
    }

    private FilterVerdict Refuse(HttpExchange exchange)
    {
        exchange.Reply(Config.StatusOnError, [], ResponseFlags.UAEX, "ext_authz_error");
        return FilterVerdict.Answered;
    }

    // A field set twice has two values: only what was there before is replaced.
    private static void Apply(MessageHead head, IReadOnlyList<FieldEdit> edits)
    {
        foreach (FieldEdit edit in edits)
        {
            if (!edit.Appends)
            {
                head.Remove(edit.Name);
            }
        }
        foreach (FieldEdit edit in edits)
        {
            head.Add(edit.Name, edit.Value);
        }
    }

    /// <summary>One request's question and its verdict.</summary>
    private sealed class Check(ExtAuthzFilter filter, HttpExchange exchange) : FilterWork, ISideCallOwner
    {
        private SideCall? _call;

        public ExtAuthzFilter Filter => filter;

        public bool IsOver { get; private set; }

        public AuthorizationVerdict Verdict { get; private set; } = AuthorizationVerdict.Failed;

        public void Begin(ExtAuthzConfig config)
        {
            SideCall call = config.Service.Ask(exchange, exchange.Client, config, this);
            // It may be over already.
            _call = IsOver ? null : call;
        }

        public void OnSideCallOver(SideCall call)
        {
            (_call, IsOver) = (null, true);
            Verdict = filter.Config.Service.Read(call);
            exchange.ContinueFilters();
        }

        public override void Cancel()
        {
            SideCall? call = _call;
            _call = null;
            call?.Cancel();
        }
    }
}
