using System.Text;
using Lateen.Injection.Admission;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Webhooks;

/// <summary>POST /inject and /inject/PARAMETERS: the API server asks for a pod that is about to be created.</summary>
/// <remarks>
/// Bounded in three ways, so that a bad caller costs others nothing: bytes of one body and of all bodies at once, seconds until a body
/// is complete, and calls that compute at a time (the rest waits).
/// </remarks>
internal sealed class InjectionWebhook : IDisposable
{
    private readonly Func<InjectionSnapshot?> _snapshot;
    private readonly InjectionLimits _limits;
    private readonly InjectionCounters _counters;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _computing;
    private long _buffered;

    /// <param name="snapshot">What to inject with; null while it is not known, and then pods are turned away.</param>
    public InjectionWebhook(
        Func<InjectionSnapshot?> snapshot, InjectionLimits limits, InjectionCounters counters, TimeProvider time, ILogger logger)
    {
        (_snapshot, _limits, _counters, _time, _logger) = (snapshot, limits, counters, time, logger);
        _computing = new SemaphoreSlim(limits.Concurrency);
    }

    public InjectionCounters Counters => _counters;

    /// <summary>Answers one call; the route takes every path that begins with /inject.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        var begin = _time.GetTimestamp();
        AdmissionAnswer answer;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        // Its disposal waits for a callback that is under way, so none meets a disposed source.
        await using var timer = _time.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), deadline, _limits.Patience, Timeout.InfiniteTimeSpan);
        try
        {
            answer = await AnswerAsync(context.Request, deadline.Token);
        }
        catch (OperationCanceledException)
        {
            answer = TurnAway(StatusCodes.Status408RequestTimeout, $"the call was not complete within {_limits.Patience.TotalSeconds:0} s");
        }

        Report(answer, begin);
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.Status == StatusCodes.Status200OK ? "application/json" : "text/plain; charset=utf-8";
        context.Response.ContentLength = answer.Body.Length;
        await context.Response.Body.WriteAsync(answer.Body, context.RequestAborted);
    }

    public void Dispose() => _computing.Dispose();

    private async Task<AdmissionAnswer> AnswerAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (!HttpMethods.IsPost(request.Method))
        {
            return TurnAway(StatusCodes.Status405MethodNotAllowed, "the injection webhook is called with POST");
        }

        if (request.ContentType?.Split(';')[0].Trim() != "application/json")
        {
            return TurnAway(StatusCodes.Status415UnsupportedMediaType, "invalid Content-Type, want `application/json`");
        }

        if (request.ContentLength > _limits.BodyBytes)
        {
            return TooLarge();
        }

        var body = new MemoryStream();
        try
        {
            if (await ReadAsync(request.Body, body, cancellation) is { } refusal)
            {
                return refusal;
            }

            return await ComputeAsync(body, request.Path.Value ?? "", cancellation);
        }
        finally
        {
            Interlocked.Add(ref _buffered, -body.Length);
        }
    }

    private async Task<AdmissionAnswer?> ReadAsync(Stream from, MemoryStream into, CancellationToken cancellation)
    {
        var chunk = new byte[16 * 1024];
        while (await from.ReadAsync(chunk, cancellation) is var count and > 0)
        {
            if (into.Length + count > _limits.BodyBytes)
            {
                return TooLarge();
            }

            if (Interlocked.Add(ref _buffered, count) > _limits.BufferedBytes)
            {
                Interlocked.Add(ref _buffered, -count);
                return TurnAway(StatusCodes.Status503ServiceUnavailable, "too many large calls at once; try again");
            }

            into.Write(chunk, 0, count);
        }

        return null;
    }

    private async Task<AdmissionAnswer> ComputeAsync(MemoryStream body, string path, CancellationToken cancellation)
    {
        if (_snapshot() is not { } snapshot)
        {
            return TurnAway(StatusCodes.Status503ServiceUnavailable, "the injection templates are not loaded yet");
        }

        await _computing.WaitAsync(cancellation);
        try
        {
            return InjectionAdmission.Answer(body.GetBuffer().AsMemory(0, (int)body.Length), path, snapshot);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // A bug of ours must refuse this pod, not take the control plane down.
            InjectionLog.Faulted(_logger, fault);
            return TurnAway(StatusCodes.Status500InternalServerError, "the injector failed; its log has the reason");
        }
        finally
        {
            _computing.Release();
        }
    }

    private AdmissionAnswer TooLarge() =>
        TurnAway(StatusCodes.Status413PayloadTooLarge, $"the body is larger than {_limits.BodyBytes} bytes");

    private static AdmissionAnswer TurnAway(int status, string reason) =>
        new(status, Encoding.UTF8.GetBytes(reason + "\n"), AdmissionOutcome.Unreadable, "", reason);

    private void Report(AdmissionAnswer answer, long begin)
    {
        _counters.Count(answer.Outcome, _time.GetElapsedTime(begin));
        switch (answer.Outcome)
        {
            case AdmissionOutcome.Injected:
                InjectionLog.Injected(_logger, answer.Pod);
                break;
            case AdmissionOutcome.Skipped:
                InjectionLog.Skipped(_logger, answer.Pod, answer.Reason);
                break;
            case AdmissionOutcome.Refused:
                InjectionLog.Refused(_logger, answer.Pod, answer.Reason);
                break;
            default:
                InjectionLog.TurnedAway(_logger, answer.Status, answer.Reason);
                break;
        }
    }
}
