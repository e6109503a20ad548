using System.Text;
using Lateen.ControlPlane.Webhooks;
using Lateen.Injection.Admission;
using Lateen.Injection.Config;
using Lateen.Tests.Injection;
using Lateen.Tests.Injection.Admission;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace Lateen.Tests.ControlPlane.Webhooks;

public sealed class InjectionWebhookTests : IDisposable
{
    private readonly InjectionCounters _counters = new();
    private InjectionSnapshot? _snapshot = new(InjectorTests.Shipped, MeshSettings.Default, "");
    private InjectionWebhook? _webhook;

    [Fact]
    public async Task Call_WithReview_IsAnsweredAsJsonAndCounted()
    {
        var context = await CallAsync(InjectionAdmissionTests.Review(InjectionAdmissionTests.Pod));

        context.Response.StatusCode.ShouldBe(200);
        context.Response.ContentType.ShouldBe("application/json");
        _counters.Injected.ShouldBe(1);
        var page = new StringBuilder();
        _counters.Render(page);
        page.ToString().ShouldContain("sidecar_injection_success_total 1\n");
        page.ToString().ShouldContain("sidecar_injection_time_seconds_count 1\n");
    }

    [Theory]
    [InlineData("text/plain", 415, "invalid Content-Type, want `application/json`")]
    [InlineData("", 415, "invalid Content-Type, want `application/json`")]
    [InlineData("application/json; charset=utf-8", 400, "no body found")]
    public async Task Call_WithoutReview_IsTurnedAway(string contentType, int status, string reason)
    {
        var context = await CallAsync("", contentType);

        context.Response.StatusCode.ShouldBe(status);
        BodyOf(context).ShouldBe(reason + "\n");
        _counters.Failed.ShouldBe(1);
    }

    [Fact]
    public async Task Call_BeforeTemplatesAreKnown_IsTurnedAway()
    {
        _snapshot = null;

        (await CallAsync(InjectionAdmissionTests.Review(InjectionAdmissionTests.Pod))).Response.StatusCode.ShouldBe(503);
    }

    [Fact]
    public async Task Call_LargerThanAllowed_IsTurnedAwayBeforeItIsRead()
    {
        var context = await CallAsync(new string(' ', 2000), limits: new InjectionLimits { BodyBytes = 1000 });

        context.Response.StatusCode.ShouldBe(413);
    }

    [Fact]
    public async Task Call_WhileOthersFillTheBuffers_IsTurnedAwayAndLaterServed()
    {
        var limits = new InjectionLimits { BufferedBytes = 1000 };
        (await CallAsync(new string(' ', 2000), limits: limits)).Response.StatusCode.ShouldBe(503);

        (await CallAsync(InjectionAdmissionTests.Review(InjectionAdmissionTests.Pod), limits: limits)).Response.StatusCode.ShouldBe(200);
    }

    [Fact]
    public async Task Call_ThatNeverEnds_IsGivenUpAfterThePatience()
    {
        var time = new OneTimer();
        using var webhook = new InjectionWebhook(() => _snapshot, new InjectionLimits(), _counters, time, NullLogger.Instance);
        var context = NewContext("application/json", new NeverEnding());

        var call = webhook.HandleAsync(context);
        time.Fire();
        await call.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);

        context.Response.StatusCode.ShouldBe(408);
    }

    [Fact]
    public async Task Call_OfAnotherMethod_IsTurnedAway()
    {
        _webhook = new InjectionWebhook(() => _snapshot, new InjectionLimits(), _counters, TimeProvider.System, NullLogger.Instance);
        var context = NewContext("application/json", new MemoryStream());
        context.Request.Method = "GET";

        await _webhook.HandleAsync(context);

        context.Response.StatusCode.ShouldBe(405);
    }

    public void Dispose() => _webhook?.Dispose();

    private async Task<HttpContext> CallAsync(string body, string contentType = "application/json", InjectionLimits? limits = null)
    {
        _webhook ??= new InjectionWebhook(() => _snapshot, limits ?? new InjectionLimits(), _counters, TimeProvider.System, NullLogger.Instance);
        var bytes = Encoding.UTF8.GetBytes(body);
        var context = NewContext(contentType, new MemoryStream(bytes));
        context.Request.ContentLength = bytes.Length;
        await _webhook.HandleAsync(context);
        return context;
    }

    private static DefaultHttpContext NewContext(string contentType, Stream body)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = "POST";
        context.Request.Path = "/inject";
        context.Request.ContentType = contentType;
        context.Request.Body = body;
        context.Response.Body = new MemoryStream();
        return context;
    }

    private static string BodyOf(HttpContext context) => Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray());

    private sealed class NeverEnding : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            new(Task.Delay(Timeout.Infinite, cancellationToken).ContinueWith(task => task.IsCanceled ? throw new OperationCanceledException(cancellationToken) : 0, TaskScheduler.Default));
    }

    private sealed class OneTimer : TimeProvider
    {
        private Action _fire = () => { };

        public void Fire() => _fire();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _fire = () => callback(state);
            return System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
