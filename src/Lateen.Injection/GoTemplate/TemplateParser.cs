namespace Lateen.Injection.GoTemplate;

/// <summary>Builds the tree of a template and of those that it defines inside itself.</summary>
/// <remarks>
/// Everything that can be known is checked here, before any pod comes: names of functions and variables, the nesting of
/// actions.
/// </remarks>
internal sealed class TemplateParser
{
    private readonly TokenCursor _cursor;
    private readonly PipelineParser _pipelines;
    private readonly Dictionary<string, IReadOnlyList<Node>> _definitions;
    private readonly List<string> _variables = ["$"];
    private int _loops;

    private TemplateParser(string name, string text, FunctionTable functions, Dictionary<string, IReadOnlyList<Node>> definitions)
    {
        _cursor = new TokenCursor(name, TemplateLexer.Read(name, text));
        _pipelines = new PipelineParser(_cursor, functions, _variables);
        _definitions = definitions;
    }

    /// <summary>Adds the template's body under its own name, and every <c>define</c> and <c>block</c> under theirs.</summary>
    public static void Parse(
        string name, string text, FunctionTable functions, Dictionary<string, IReadOnlyList<Node>> definitions)
    {
        var parser = new TemplateParser(name, text, functions, definitions);
        var body = parser.ReadList(out var terminator);
        if (terminator.Length > 0)
        {
            throw parser._cursor.Error($"{{{{{terminator}}}}} without an action that it belongs to");
        }

        definitions[name] = body;
    }

    /// <summary>Nodes up to the end of input (terminator "") or to <c>{{end}}</c> / <c>{{else …}}</c>, whose word is consumed.</summary>
    private List<Node> ReadList(out string terminator)
    {
        _cursor.Enter();
        var nodes = new List<Node>();
        while (_cursor.Current.Kind != TokenKind.End)
        {
            if (_cursor.Current.Kind == TokenKind.Text)
            {
                nodes.Add(new TextNode(_cursor.Current.Line, _cursor.Current.Value));
                _cursor.Advance();
                continue;
            }

            _cursor.Expect(TokenKind.Open);
            _cursor.SkipSpace();
            if (_cursor.Current is { Kind: TokenKind.Identifier, Value: "end" or "else" })
            {
                terminator = _cursor.Current.Value;
                _cursor.Advance();
                _cursor.Leave();
                return nodes;
            }

            if (ReadAction() is { } node)
            {
                nodes.Add(node);
            }
        }

        terminator = "";
        _cursor.Leave();
        return nodes;
    }

    private Node? ReadAction()
    {
        var line = _cursor.Current.Line;
        var word = _cursor.Current.Kind == TokenKind.Identifier ? _cursor.Current.Value : "";
        switch (word)
        {
            case "if" or "with" or "range":
                _cursor.Advance();
                return ReadBranch(word, line);
            case "define":
                _cursor.Advance();
                ReadDefine(line);
                return null;
            case "block":
                _cursor.Advance();
                return ReadBlock(line);
            case "template":
                _cursor.Advance();
                return ReadTemplateCall(line);
            case "break" or "continue":
                _cursor.Advance();
                _cursor.Close();
                if (_loops == 0)
                {
                    throw _cursor.Error($"{{{{{word}}}}} outside {{{{range}}}}");
                }

                return word == "break" ? new BreakNode(line) : new ContinueNode(line);
            default:
                return new ActionNode(line, _pipelines.Read(TokenKind.Close, "an action"));
        }
    }

    private Node ReadBranch(string word, int line)
    {
        var scope = _variables.Count;
        var subject = _pipelines.Read(TokenKind.Close, word);
        _loops += word == "range" ? 1 : 0;
        var body = ReadList(out var terminator);
        _loops -= word == "range" ? 1 : 0;
        IReadOnlyList<Node> otherwise = [];
        if (terminator == "else")
        {
            otherwise = ReadElse(word, line);
        }
        else
        {
            CloseEnd(terminator, word, line);
        }

        _variables.RemoveRange(scope, _variables.Count - scope);
        return word switch
        {
            "if" => new IfNode(line, subject, body, otherwise),
            "with" => new WithNode(line, subject, body, otherwise),
            _ => new RangeNode(line, subject, body, otherwise),
        };
    }

    private List<Node> ReadElse(string word, int line)
    {
        _cursor.SkipSpace();
        if (_cursor.Current is { Kind: TokenKind.Identifier, Value: "if" or "with" } && word != "range")
        {
            var nested = _cursor.Current.Value;
            _cursor.Advance();
            _cursor.Enter();
            var node = ReadBranch(nested, line);
            _cursor.Leave();
            return [node];
        }

        _cursor.Close();
        var body = ReadList(out var terminator);
        CloseEnd(terminator, word, line);
        return body;
    }

    private void CloseEnd(string terminator, string word, int line)
    {
        if (terminator != "end")
        {
            throw _cursor.Error(line, terminator.Length == 0
                ? $"{{{{{word}}}}} has no {{{{end}}}}"
                : $"{{{{{word}}}}} has more than one {{{{else}}}}");
        }

        _cursor.Close();
    }

    private void ReadDefine(int line)
    {
        _cursor.SkipSpace();
        var name = _cursor.Expect(TokenKind.String).Value;
        _cursor.Close();
        _definitions[name] = ReadIsolated(name, "define", line);
    }

    private TemplateCallNode ReadBlock(int line)
    {
        _cursor.SkipSpace();
        var name = _cursor.Expect(TokenKind.String).Value;
        var argument = _pipelines.Read(TokenKind.Close, "block");
        var body = ReadIsolated(name, "block", line);
        _definitions.TryAdd(name, body);
        return new TemplateCallNode(line, name, argument);
    }

    // A defined template sees no variable of its surroundings but its own $.
    private List<Node> ReadIsolated(string name, string word, int line)
    {
        var outer = _variables.ToArray();
        _variables.RemoveRange(1, _variables.Count - 1);
        var body = ReadList(out var terminator);
        CloseEnd(terminator, $"{word} \"{name}\"", line);
        _variables.Clear();
        _variables.AddRange(outer);
        return body;
    }

    private TemplateCallNode ReadTemplateCall(int line)
    {
        _cursor.SkipSpace();
        var name = _cursor.Expect(TokenKind.String).Value;
        _cursor.SkipSpace();
        if (_cursor.Current.Kind == TokenKind.Close)
        {
            _cursor.Advance();
            return new TemplateCallNode(line, name, null);
        }

        return new TemplateCallNode(line, name, _pipelines.Read(TokenKind.Close, "template"));
    }
}
