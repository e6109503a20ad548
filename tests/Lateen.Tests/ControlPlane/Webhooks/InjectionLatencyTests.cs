using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Lateen.ControlPlane.Webhooks;
using Lateen.Injection.Admission;
using Lateen.Injection.Config;
using Lateen.Tests.Injection;
using Lateen.Tests.Injection.Admission;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace Lateen.Tests.ControlPlane.Webhooks;

/// <summary>Measures calls of the webhook over HTTPS at a fixed rate; run by name, on a quiet machine, with a release build.</summary>
public sealed class InjectionLatencyTests
{
    private const int CallsPerSecond = 50;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(20);

    [Fact(Explicit = true)]
    public async Task Calls_FiftyASecond_NinetyNineOfHundredWithinTenMilliseconds()
    {
        var figures = await MeasureAsync(disturb: false);

        TestContext.Current.TestOutputHelper!.WriteLine(figures.Text);
        figures.P99.ShouldBeLessThanOrEqualTo(10);
    }

    [Fact(Explicit = true)]
    public async Task Calls_FiftyASecondBesideGarbageAndThreeMegabytes_GoOn()
    {
        var figures = await MeasureAsync(disturb: true);

        TestContext.Current.TestOutputHelper!.WriteLine(figures.Text);
        figures.P99.ShouldBeLessThanOrEqualTo(250);
    }

    private static async Task<(double P99, string Text)> MeasureAsync(bool disturb)
    {
        var snapshot = new InjectionSnapshot(InjectorTests.Shipped, MeshSettings.Default, "");
        using var webhook = new InjectionWebhook(() => snapshot, new InjectionLimits(), new InjectionCounters(), TimeProvider.System, NullLogger.Instance);
        await using var server = await StartAsync(webhook);
        var address = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
        using var client = new HttpClient(handler) { BaseAddress = new Uri(address) };
        var body = InjectionAdmissionTests.Review(InjectionAdmissionTests.Pod);
        for (var i = 0; i < 300; i++)
        {
            await CallAsync(client, body);
        }

        using var stop = new CancellationTokenSource();
        var disturbance = disturb ? DisturbAsync(client, stop.Token) : Task.CompletedTask;
        var cpu = Environment.CpuUsage.TotalTime;
        var times = await CallAtRateAsync(client, body);
        cpu = Environment.CpuUsage.TotalTime - cpu;
        await stop.CancelAsync();
        await disturbance;
        Array.Sort(times);
        var (p50, p99) = (times[times.Length / 2], times[(int)(times.Length * 0.99)]);
        return (p99, FormattableString.Invariant($"{times.Length} calls, p50 {p50:0.00} ms, p99 {p99:0.00} ms, max {times[^1]:0.00} ms, {cpu.TotalMilliseconds / times.Length:0.00} ms of processor a call (both ends), working set {Environment.WorkingSet >> 20} MiB"));
    }

    private static async Task<double[]> CallAtRateAsync(HttpClient client, string body)
    {
        var calls = new List<Task<double>>();
        using var ticks = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / CallsPerSecond));
        while (calls.Count < CallsPerSecond * Duration.TotalSeconds && await ticks.WaitForNextTickAsync())
        {
            calls.Add(CallAsync(client, body));
        }

        return await Task.WhenAll(calls);
    }

    private static async Task<double> CallAsync(HttpClient client, string body)
    {
        var begin = Stopwatch.GetTimestamp();
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync("/inject", content);
        await answer.Content.ReadAsByteArrayAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
    }

    private static async Task DisturbAsync(HttpClient client, CancellationToken cancellation)
    {
        var note = new string('x', 3 * 1024 * 1024);
        string[] bodies =
        [
            "garbage",
            InjectionAdmissionTests.Review(InjectionAdmissionTests.Pod.Replace("\"labels\":", $"\"annotations\":{{\"note\":\"{note}\"}},\"labels\":")),
            string.Concat(Enumerable.Repeat("{\"a\":", 100_000)),
        ];
        for (var i = 0; !cancellation.IsCancellationRequested; i++)
        {
            using var content = new StringContent(bodies[i % bodies.Length], Encoding.UTF8, "application/json");
            using var answer = await client.PostAsync("/inject", content, CancellationToken.None);
        }
    }

    private static async Task<WebApplication> StartAsync(InjectionWebhook webhook)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listener => listener.UseHttps(certificate)));
        var application = builder.Build();
        application.Map("/inject/{**parameters}", webhook.HandleAsync);
        await application.StartAsync();
        return application;
    }
}
