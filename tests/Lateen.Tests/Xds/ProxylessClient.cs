using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Lateen.Tests.Xds;

/// <summary>A process that calls a target by gRPC's own xDS client: a line of JSON in, the answers of that many calls out.</summary>
internal sealed class ProxylessClient : IAsyncDisposable
{
    private const string Python = """
        import sys, grpc, json
        channel = grpc.insecure_channel(sys.argv[1])
        who = channel.unary_unary("/echo.Echo/Who", request_serializer=lambda b: b, response_deserializer=lambda b: b)
        for line in sys.stdin:
            asked = json.loads(line)
            answers = []
            for _ in range(asked["calls"]):
                try:
                    answers.append(who(b"", metadata=[tuple(h) for h in asked["headers"]], timeout=10, wait_for_ready=True).decode())
                except grpc.RpcError as error:
                    answers.append("error " + error.code().name + " " + str(error.details()))
            print(json.dumps(answers), flush=True)
        """;

    private const string Node = """
        const grpc = require('@grpc/grpc-js');
        require('@grpc/grpc-js-xds').register();
        const raw = bytes => bytes;
        const client = new grpc.Client(process.argv[2], grpc.credentials.createInsecure());
        const call = headers => new Promise(resolve => {
          const metadata = new grpc.Metadata({ waitForReady: true });
          for (const [name, value] of headers) metadata.add(name, value);
          client.makeUnaryRequest('/echo.Echo/Who', raw, raw, Buffer.alloc(0), metadata, { deadline: Date.now() + 10000 },
            (error, answer) => resolve(error ? 'error ' + error.code + ' ' + error.details : answer.toString()));
        });
        require('readline').createInterface({ input: process.stdin }).on('line', async line => {
          const asked = JSON.parse(line);
          const answers = [];
          for (let i = 0; i < asked.calls; i++) answers.push(await call(asked.headers));
          console.log(JSON.stringify(answers));
        }).on('close', () => process.exit(0));
        """;

    private readonly Process _process;
    private readonly Task<string> _errors;

    private ProxylessClient(Process process) => (_process, _errors) = (process, process.StandardError.ReadToEndAsync());

    /// <summary>Debian's python3-grpcio; null where it is not installed.</summary>
    public static async Task<ProxylessClient?> PythonAsync(string target, string bootstrap, CancellationToken cancellation) =>
        await RunsAsync("/usr/bin/python3", ["-c", "import grpc"], cancellation)
            ? Start("/usr/bin/python3", ["-c", Python, target], bootstrap, "")
            : null;

    /// <summary>@grpc/grpc-js-xds of npm in a folder of the test's; null where node, npm or the registry is not to be had.</summary>
    public static async Task<ProxylessClient?> NodeAsync(string folder, string target, string bootstrap, CancellationToken cancellation)
    {
        string[] install = ["install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, "@grpc/grpc-js@1.14.7", "@grpc/grpc-js-xds@1.14.1"];
        if (!await RunsAsync("npm", install, cancellation))
        {
            return null;
        }

        var script = Path.Combine(folder, "client.js");
        await File.WriteAllTextAsync(script, Node, cancellation);
        return Start("node", [script, target], bootstrap, folder);
    }

    /// <summary>Calls some times, one after the other.</summary>
    public async Task<IReadOnlyList<string>> CallAsync(int calls, CancellationToken cancellation, params (string Name, string Value)[] headers)
    {
        var asked = new JsonObject
        {
            ["calls"] = calls,
            ["headers"] = new JsonArray([.. headers.Select(h => (JsonNode)new JsonArray(h.Name, h.Value))]),
        };
        await _process.StandardInput.WriteLineAsync(asked.ToJsonString().AsMemory(), cancellation);
        await _process.StandardInput.FlushAsync(cancellation);
        var line = await _process.StandardOutput.ReadLineAsync(cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(90), cancellation);
        return line is null
            ? throw new InvalidOperationException($"the client ended: {await _errors}")
            : [.. JsonNode.Parse(line)!.AsArray().Select(answer => (string)answer!)];
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        try
        {
            await _process.WaitForExitAsync().WaitAsync(Patience.Limit);
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private static ProxylessClient Start(string program, IReadOnlyList<string> arguments, string bootstrap, string folder)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["GRPC_XDS_BOOTSTRAP_CONFIG"] = bootstrap;
        if (folder.Length > 0)
        {
            start.WorkingDirectory = folder;
        }

        return new ProxylessClient(Process.Start(start)!);
    }

    private static async Task<bool> RunsAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var output = process.StandardOutput.ReadToEndAsync(cancellation);
            var errors = process.StandardError.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation).WaitAsync(TimeSpan.FromSeconds(120), cancellation);
            await Task.WhenAll(output, errors);
            return process.ExitCode == 0;
        }
        catch (Exception exception) when (exception is System.ComponentModel.Win32Exception or TimeoutException)
        {
            return false;
        }
    }
}
