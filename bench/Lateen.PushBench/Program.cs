using Lateen.PushBench;

// pushbench cases [RESULTS]
if (args is ["cases", ..])
{
    CaseRun.Run(args.ElementAtOrDefault(1));
    return;
}

// pushbench LATEEND [--services N] [--endpoints N] [--proxies N] [--changes N] [--rate-seconds N] [--connects N] [--delta] [--results FILE]
var options = BenchOptions.Read(args);
await using var run = new BenchRun(options);
await run.StartAsync();
await run.ConnectAsync();
await run.EndpointChangesAsync();
await run.RouteChangesAsync();
await run.ChangesAtRateAsync();
await run.ConnectRateAsync();
run.Append();
