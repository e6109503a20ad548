using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Lateen.Tests.Proxy.Tls;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy;

/// <summary>HTTP/1 as curl speaks it, to nginx and to servers under the test's control.</summary>
public sealed class CurlTests
{
    [Fact]
    public async Task Curl_WithHttp10_IsServedWhereItIsAcceptedAndToldToUpgradeElsewhere()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("x"));
        await using ProxyBed accepts = new();
        accepts.ServeHttp(backend.At, manager: m => m.HttpProtocolOptions = new() { AcceptHttp10 = true });
        await using ProxyBed refuses = new();
        refuses.ServeHttp(backend.At);

        (await Curl(accepts, "/", "-0", "-w", " %{http_code}")).ShouldBe("x 200");
        (await Curl(refuses, "/", "-0", "-o", "/dev/null", "-w", "%{http_code}")).ShouldBe("426");
    }

    [Fact]
    public async Task Curl_ThatExpectsContinue_IsToldToGoOnAndItsBodyArrives()
    {
        string request = "";
        await using Backend backend = Backend.Http(r =>
        {
            request = r;
            return Backend.Ok("done");
        });
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);

        string answer = await Curl(bed, "/", "-i", "-H", "Expect: 100-continue", "--expect100-timeout", "60", "-d", "the body");

        answer.ShouldStartWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n");
        request.ShouldEndWith("\r\n\r\nthe body");
        request.ShouldNotContain("expect:", Case.Insensitive);
    }

    [Fact]
    public async Task Curl_WithAnUploadInChunks_ArrivesWholeAndTheAnswerComesInChunks()
    {
        int received = 0;
        await using Backend backend = Backend.Http(r =>
        {
            received = r.Count(c => c == 'u');
            return $"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10\r\n{new string('a', 16)}\r\n4\r\nbbbb\r\n0\r\n\r\n";
        });
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);

        string answer = await Tool.RunAsync(
            "curl", new string('u', 100_000), "-s", "-T", "-", "-H", "Expect:", $"http://{bed.At()}/");

        answer.ShouldBe(new string('a', 16) + "bbbb");
        received.ShouldBeGreaterThanOrEqualTo(100_000);
    }

    [Fact]
    public async Task AnswersWithoutBody_EndWithTheirHead()
    {
        await using Backend backend = Backend.Http(r => r.Split(' ')[1] switch
        {
            "/204" => "HTTP/1.1 204 No Content\r\n\r\n",
            "/304" => "HTTP/1.1 304 Not Modified\r\ncontent-length: 99\r\netag: \"e\"\r\n\r\n",
            _ => "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n",
        });
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);
        string at = $"http://{bed.At()}";

        // Over one connection: a body that is waited for, or one too many, would show in the next answer.
        string answer = await Tool.RunAsync(
            "curl", "", "-s", "-I", at + "/head", "-w", "%{http_code} %{num_connects}\n",
            "--next", "-s", at + "/204", "-w", "%{http_code} %{num_connects}\n",
            "--next", "-s", at + "/304", "-w", "%{http_code} %{num_connects}\n");

        answer.ShouldContain("content-length: 99\r\n");
        answer.ShouldEndWith("\r\n\r\n200 1\n204 0\n304 0\n");
        backend.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task Curl_ByWayOfAForwardProxy_SendsAbsoluteFormAndReachesItsHost()
    {
        string request = "";
        await using Backend backend = Backend.Http(r =>
        {
            request = r;
            return Backend.Ok("x");
        });
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);

        (await Tool.RunAsync("curl", "", "-s", "-x", $"http://{bed.At()}", "-H", "Host: other.example", "http://absolute.example/p?q=1")).ShouldBe("x");

        request.ShouldStartWith("GET /p?q=1 HTTP/1.1\r\n");
        request.ShouldContain("\r\nhost: absolute.example\r\n", Case.Insensitive);
        request.ShouldNotContain("other.example");
    }

    [Theory]
    [InlineData(false, false, "a.example:4321")]
    [InlineData(true, false, "a.example")]
    [InlineData(false, true, "a.example:4321")]
    public async Task HostPort_IsCutOffAsTheListenerSays(bool any, bool matching, string seen)
    {
        string request = "";
        await using Backend backend = Backend.Http(r =>
        {
            request = r;
            return Backend.Ok("x");
        });
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, manager: m =>
        {
            if (any)
            {
                m.StripAnyHostPort = true;
            }
            m.StripMatchingHostPort = matching;
        });

        await Curl(bed, "/", "-H", "Host: a.example:4321");
        request.ShouldContain($"\r\nhost: {seen}\r\n", Case.Insensitive);
        await Curl(bed, "/", "-H", $"Host: b.example:{bed.At().Port}");
        request.ShouldContain(any || matching ? "\r\nhost: b.example\r\n" : $"\r\nhost: b.example:{bed.At().Port}\r\n", Case.Insensitive);
    }

    [Fact]
    public async Task Nginx_Compressing_ComesThroughAsItIs()
    {
        string home = Directory.CreateTempSubdirectory("lateen-nginx-").FullName;
        int port = FreePort();
        await File.WriteAllTextAsync(Path.Combine(home, "page.txt"), new string('g', 20_000), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(home, "nginx.conf"),
            $$"""
            daemon off; master_process off; pid {{home}}/pid; error_log stderr;
            events {}
            http {
              access_log off; client_body_temp_path {{home}}/b; proxy_temp_path {{home}}/p; fastcgi_temp_path {{home}}/f; uwsgi_temp_path {{home}}/u; scgi_temp_path {{home}}/s;
              default_type text/plain; gzip on; gzip_types text/plain; keepalive_requests 3;
              server { listen 127.0.0.1:{{port}}; root {{home}}; }
            }
            """,
            TestContext.Current.CancellationToken);
        using Process nginx = Tool.Start("nginx", "-p", home, "-c", Path.Combine(home, "nginx.conf"), "-e", "stderr");
        try
        {
            IPEndPoint at = new(IPAddress.Loopback, port);
            await UntilOpenAsync(at);
            await using ProxyBed bed = new();
            bed.ServeHttp(at);

            string plain = await Curl(bed, "/page.txt", "-i");
            string packed = await Curl(bed, "/page.txt", "-D", "-", "-o", Path.Combine(home, "packed"), "-H", "Accept-Encoding: gzip");
            string range = await Curl(bed, "/page.txt", "-r", "10-19", "-w", " %{http_code}");

            plain.ShouldEndWith("\r\n\r\n" + new string('g', 20_000));
            plain.ShouldContain("\r\nETag: ");
            packed.ShouldContain("\r\ncontent-encoding: gzip\r\n", Case.Insensitive);
            (await Tool.RunAsync("sh", "", "-c", $"gzip -dc {home}/packed")).ShouldBe(new string('g', 20_000));
            range.ShouldBe(new string('g', 10) + " 206");
            // nginx closes each connection after three requests: none may be lost.
            string codes = await Tool.RunAsync("curl", "", "-s", "-o", "/dev/null", "-w", "%{http_code}", $"http://{bed.At()}/page.txt?[1-20]");
            codes.ShouldBe(string.Concat(Enumerable.Repeat("200", 20)));
        }
        finally
        {
            nginx.Kill();
            await nginx.WaitForExitAsync(CancellationToken.None);
            Directory.Delete(home, recursive: true);
        }
    }

    private static Task<string> Curl(ProxyBed bed, string path, params string[] arguments) =>
        Tool.RunAsync("curl", "", ["-s", .. arguments, $"http://{bed.At()}{path}"]);

    private static int FreePort()
    {
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static async Task UntilOpenAsync(IPEndPoint at)
    {
        using CancellationTokenSource limit = new(Patience.Limit);
        while (true)
        {
            using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(at, limit.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(20, limit.Token);
            }
        }
    }
}
