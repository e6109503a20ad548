using System.Globalization;

namespace Lateen.Injection.GoTemplate;

/// <summary>Builds the tree of a template and of those that it defines inside itself.</summary>
/// <remarks>
/// Everything that can be known is checked here, before any pod comes: names of functions and variables, the nesting of
/// actions. Depth is bounded, so that a hostile template cannot exhaust the stack.
/// </remarks>
internal sealed class TemplateParser
{
    private const int MaxDepth = 100;
    private readonly string _name;
    private readonly List<TemplateToken> _tokens;
    private readonly FunctionTable _functions;
    private readonly Dictionary<string, IReadOnlyList<Node>> _definitions;
    private readonly List<string> _variables = ["$"];
    private int _at;
    private int _depth;
    private int _loops;

    private TemplateParser(string name, string text, FunctionTable functions, Dictionary<string, IReadOnlyList<Node>> definitions)
    {
        _name = name;
        _tokens = TemplateLexer.Read(name, text);
        _functions = functions;
        _definitions = definitions;
    }

    private TemplateToken Current => _tokens[_at];

    /// <summary>Adds the template's body under its own name, and every <c>define</c> and <c>block</c> under theirs.</summary>
    public static void Parse(
        string name, string text, FunctionTable functions, Dictionary<string, IReadOnlyList<Node>> definitions)
    {
        var parser = new TemplateParser(name, text, functions, definitions);
        var body = parser.ReadList(out var terminator);
        if (terminator.Length > 0)
        {
            throw parser.Error($"{{{{{terminator}}}}} without an action that it belongs to");
        }

        definitions[name] = body;
    }

    /// <summary>Nodes up to the end of input (terminator "") or to <c>{{end}}</c> / <c>{{else …}}</c>, whose word is consumed.</summary>
    private List<Node> ReadList(out string terminator)
    {
        Enter();
        var nodes = new List<Node>();
        while (Current.Kind != TokenKind.End)
        {
            if (Current.Kind == TokenKind.Text)
            {
                nodes.Add(new TextNode(Current.Line, Current.Value));
                _at++;
                continue;
            }

            Expect(TokenKind.Open);
            SkipSpace();
            if (Current is { Kind: TokenKind.Identifier, Value: "end" or "else" })
            {
                terminator = Current.Value;
                _at++;
                _depth--;
                return nodes;
            }

            if (ReadAction() is { } node)
            {
                nodes.Add(node);
            }
        }

        terminator = "";
        _depth--;
        return nodes;
    }

    private Node? ReadAction()
    {
        var line = Current.Line;
        var word = Current.Kind == TokenKind.Identifier ? Current.Value : "";
        switch (word)
        {
            case "if" or "with" or "range":
                _at++;
                return ReadBranch(word, line);
            case "define":
                _at++;
                ReadDefine(line);
                return null;
            case "block":
                _at++;
                return ReadBlock(line);
            case "template":
                _at++;
                return ReadTemplateCall(line);
            case "break" or "continue":
                _at++;
                Close();
                if (_loops == 0)
                {
                    throw Error($"{{{{{word}}}}} outside {{{{range}}}}");
                }

                return word == "break" ? new BreakNode(line) : new ContinueNode(line);
            default:
                return new ActionNode(line, ReadPipeline(TokenKind.Close, "an action"));
        }
    }

    private Node ReadBranch(string word, int line)
    {
        var scope = _variables.Count;
        var subject = ReadPipeline(TokenKind.Close, word);
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
        SkipSpace();
        if (Current is { Kind: TokenKind.Identifier, Value: "if" or "with" } && word != "range")
        {
            var nested = Current.Value;
            _at++;
            Enter();
            var node = ReadBranch(nested, line);
            _depth--;
            return [node];
        }

        Close();
        var body = ReadList(out var terminator);
        CloseEnd(terminator, word, line);
        return body;
    }

    private void CloseEnd(string terminator, string word, int line)
    {
        if (terminator != "end")
        {
            throw new TemplateException(_name, line, terminator.Length == 0
                ? $"{{{{{word}}}}} has no {{{{end}}}}"
                : $"{{{{{word}}}}} has more than one {{{{else}}}}");
        }

        Close();
    }

    private void ReadDefine(int line)
    {
        SkipSpace();
        var name = Expect(TokenKind.String).Value;
        Close();
        _definitions[name] = ReadIsolated(name, "define", line);
    }

    private TemplateCallNode ReadBlock(int line)
    {
        SkipSpace();
        var name = Expect(TokenKind.String).Value;
        var argument = ReadPipeline(TokenKind.Close, "block");
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
        SkipSpace();
        var name = Expect(TokenKind.String).Value;
        SkipSpace();
        if (Current.Kind == TokenKind.Close)
        {
            _at++;
            return new TemplateCallNode(line, name, null);
        }

        return new TemplateCallNode(line, name, ReadPipeline(TokenKind.Close, "template"));
    }

    private PipelineNode ReadPipeline(TokenKind until, string where)
    {
        Enter();
        SkipSpace();
        var line = Current.Line;
        var variables = ReadVariables(where, out var declares);
        var commands = new List<CommandNode>();
        while (true)
        {
            SkipSpace();
            if (Current.Kind == until && commands.Count == 0)
            {
                throw Error($"{where} has no value");
            }

            commands.Add(ReadCommand(until));
            if (Current.Kind != TokenKind.Pipe)
            {
                break;
            }

            _at++;
        }

        if (Current.Kind != until)
        {
            throw Error($"unexpected \"{Current.Value}\" in {where}");
        }

        _at++;
        _variables.AddRange(declares ? variables : []);
        foreach (var command in commands.Skip(1))
        {
            if (command.Words[0] is LiteralNode)
            {
                throw Error("a literal cannot take the value of a pipeline");
            }
        }

        _depth--;
        return new PipelineNode(line, variables, declares, commands);
    }

    private List<string> ReadVariables(string where, out bool declares)
    {
        declares = false;
        var start = _at;
        var names = new List<string>();
        while (Current.Kind == TokenKind.Variable)
        {
            names.Add(Current.Value);
            _at++;
            SkipSpace();
            if (Current.Kind is TokenKind.Declare or TokenKind.Assign)
            {
                declares = Current.Kind == TokenKind.Declare;
                _at++;
                if (names.Count > (where == "range" ? 2 : 1))
                {
                    throw Error($"too many variables in {where}");
                }

                return declares || names.All(_variables.Contains) ? names : throw Error($"undefined variable {names[0]}");
            }

            if (Current.Kind != TokenKind.Comma || where != "range")
            {
                break;
            }

            _at++;
            SkipSpace();
        }

        _at = start;
        return [];
    }

    private CommandNode ReadCommand(TokenKind until)
    {
        var line = Current.Line;
        var words = new List<Node>();
        while (true)
        {
            SkipSpace();
            if (Current.Kind == until || Current.Kind == TokenKind.Pipe)
            {
                break;
            }

            words.Add(ReadOperand());
            if (Current.Kind is not (TokenKind.Space or TokenKind.Pipe) && Current.Kind != until)
            {
                throw Error($"unexpected \"{Current.Value}\" after an operand");
            }
        }

        return words.Count > 0 ? new CommandNode(line, words) : throw Error("a command of the pipeline is empty");
    }

    private Node ReadOperand()
    {
        var token = Current;
        _at++;
        Node node = token.Kind switch
        {
            TokenKind.Dot => new DotNode(token.Line),
            TokenKind.Field => new FieldNode(token.Line, new DotNode(token.Line), token.Value),
            TokenKind.Variable => _variables.Contains(token.Value)
                ? new VariableNode(token.Line, token.Value)
                : throw Error($"undefined variable {token.Value}"),
            TokenKind.String => new LiteralNode(token.Line, token.Value),
            TokenKind.Char => new LiteralNode(token.Line, (long)char.ConvertToUtf32(token.Value, 0)),
            TokenKind.Number => new LiteralNode(token.Line, ReadNumber(token)),
            TokenKind.LeftParen => ReadPipeline(TokenKind.RightParen, "parentheses"),
            TokenKind.Identifier => ReadIdentifier(token),
            _ => throw new TemplateException(_name, token.Line, $"unexpected \"{token.Value}\""),
        };
        while (Current.Kind == TokenKind.Field)
        {
            node = node is LiteralNode
                ? throw Error($"a literal has no field .{Current.Value}")
                : new FieldNode(Current.Line, node, Current.Value);
            _at++;
        }

        return node;
    }

    private Node ReadIdentifier(TemplateToken token) => token.Value switch
    {
        "true" => new LiteralNode(token.Line, true),
        "false" => new LiteralNode(token.Line, false),
        "nil" => new LiteralNode(token.Line, null),
        _ => _functions.Knows(token.Value)
            ? new FunctionNode(token.Line, token.Value)
            : throw new TemplateException(_name, token.Line, $"function \"{token.Value}\" is not defined"),
    };

    private object ReadNumber(TemplateToken token)
    {
        var text = token.Value.Replace("_", "", StringComparison.Ordinal);
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            return whole;
        }

        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            && long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out whole))
        {
            return whole;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real)
            ? real
            : throw new TemplateException(_name, token.Line, $"bad number {token.Value}");
    }

    private void Close()
    {
        SkipSpace();
        Expect(TokenKind.Close);
    }

    private void SkipSpace()
    {
        while (Current.Kind == TokenKind.Space)
        {
            _at++;
        }
    }

    private TemplateToken Expect(TokenKind kind)
    {
        var token = Current;
        if (token.Kind != kind)
        {
            throw Error($"expected {kind} and found \"{token.Value}\"");
        }

        _at++;
        return token;
    }

    private void Enter()
    {
        if (++_depth > MaxDepth)
        {
            throw Error($"nested deeper than {MaxDepth} levels");
        }
    }

    private TemplateException Error(string reason) => new(_name, Current.Line, reason);
}
