using System.Text;
using Lateen.Net.Http1;
using Lateen.Proxy.Filters;
using Lateen.Proxy.Http;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Tracing;

/// <summary>Begins a span when the route is known, passes its context on, hands it over when the request is complete.</summary>
/// <remarks>First of the chain. A request that is not sampled costs its header edits; one that is allocates its span.</remarks>
internal sealed class TracingFilter(TracingConfig config) : HttpFilterFactory
{
    public override bool WatchesCompletion => true;

    public override FilterVerdict OnRequest(HttpExchange exchange)
    {
        MessageHead request = exchange.Request;
        bool marked = Decide(exchange);
        bool continued = TraceHeaders.TryRead(request, out TraceContext above, out bool decided);
        ref TraceContext context = ref exchange.Trace;
        context = new TraceContext
        {
            HasBegun = true,
            IsSampled = decided ? above.IsSampled : marked,
            TraceHigh = continued ? above.TraceHigh : config.Is128 ? exchange.Worker.Random.Next() : 0,
            TraceLow = continued ? above.TraceLow : exchange.Worker.Random.Next(),
            Parent = continued ? above.Span : 0,
            Span = exchange.Worker.Random.Next(),
        };
        if (config.SpansUpstream && context.IsSampled)
        {
            context.Child = exchange.Worker.Random.Next();
        }
        Decorate(exchange);
        TraceHeaders.Write(request, context, config.WritesB3, config.WritesW3C, config.Is128);
        return FilterVerdict.Continue;
    }

    public override void OnComplete(HttpExchange exchange)
    {
        if (exchange.Trace is { HasBegun: true, IsSampled: true })
        {
            SpanMaker.Add(config, exchange);
        }
    }

    // Envoy, "Trace context": what an earlier hop decided stays; else by the client, by force, by lot. The mark travels in x-request-id.
    private bool Decide(HttpExchange exchange)
    {
        MessageHead request = exchange.Request;
        ReadOnlySpan<byte> id = request.Get(HttpField.XRequestId);
        byte before = TraceMark.Of(id), mark = before;
        ProxyWorker worker = exchange.Worker;
        if (mark == TraceMark.None)
        {
            if (request.TryGet("x-client-trace-id"u8, out _) && worker.Random.Below(10_000) < config.ClientShare)
            {
                mark = TraceMark.Client;
            }
            else if (request.Has(HttpField.XEnvoyForceTrace))
            {
                mark = TraceMark.Forced;
            }
            else if (TraceMark.Draw(id) < config.RandomShare)
            {
                mark = TraceMark.Sampled;
            }
        }
        if (mark != TraceMark.None && worker.Random.Below(10_000) >= config.OverallShare)
        {
            mark = TraceMark.None;
        }
        Span<byte> changed = stackalloc byte[RequestId.Length];
        if (mark != before && TraceMark.TryWrite(id, mark, changed))
        {
            request.Set(HttpField.XRequestId, changed);
        }
        return mark is TraceMark.Sampled or TraceMark.Forced or TraceMark.Client;
    }

    // The client's side tells the server's how the operation is called (Envoy: x-envoy-decorator-operation).
    private void Decorate(HttpExchange exchange)
    {
        if (config.IsEgress)
        {
            if (exchange.Route is { DecoratorOperation.Length: > 0 } route)
            {
                exchange.Request.Set(HttpField.XEnvoyDecoratorOperation, route.DecoratorOperation);
            }
            return;
        }
        if (exchange.Trace.IsSampled && exchange.Request.Has(HttpField.XEnvoyDecoratorOperation))
        {
            exchange.SpanName = Encoding.UTF8.GetString(exchange.Request.Get(HttpField.XEnvoyDecoratorOperation));
        }
        exchange.Request.Remove(HttpField.XEnvoyDecoratorOperation);
    }
}
